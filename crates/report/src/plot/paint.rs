//! Which color and which dashes a series gets.

use super::{Plot, Series};

/// How many colors there are. They are those of Okabe and Ito (2008), chosen to be told apart with any color
/// vision; the page's style sheet has one set for light and one for dark.
pub(crate) const COLORS: usize = 7;
const DASHES: usize = 4;

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paint {
    /// Index of the color; `None` is the gray of references.
    pub color: Option<usize>,
    /// Index of the dash pattern; 0 is a solid line.
    pub dash: usize,
}

impl Paint {
    /// The paint of a series. A variant has one color on the whole page, by its place in `variants`; where one
    /// drawing shows several series of one variant only, the colors tell the series apart instead.
    pub(crate) fn of(plot: &Plot, series: &Series, variants: &[&str]) -> Paint {
        if series.reference {
            return Paint { color: None, dash: 1 };
        }
        let name = plot.names().iter().position(|name| *name == series.name).unwrap_or(0);
        if !colors_are_variants(plot) {
            return Paint { color: Some(name % COLORS), dash: name / COLORS % DASHES };
        }
        let variant = series.variant.as_deref().and_then(|id| variants.iter().position(|known| *known == id));
        match variant {
            Some(index) => Paint { color: Some(index % COLORS), dash: (index / COLORS + name) % DASHES },
            None => Paint { color: Some((variants.len() + name) % COLORS), dash: 0 },
        }
    }

    /// The class names of the style sheet.
    pub(crate) fn classes(self) -> String {
        match self.color {
            Some(color) => format!("c{color} d{}", self.dash),
            None => format!("ref d{}", self.dash),
        }
    }
}

/// Whether colors stand for variants in this plot, rather than for series names.
fn colors_are_variants(plot: &Plot) -> bool {
    let names = plot.names().len();
    if plot.has_panels() { names <= 1 } else { plot.variants().len() > 1 || names <= 1 }
}

/// One line of a legend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub label: String,
    pub paint: Paint,
}

/// The legend: one key for each look, in the order of the series. `variant_name` turns an id into a name.
pub(crate) fn legend(plot: &Plot, variants: &[&str], variant_name: impl Fn(&str) -> String) -> Vec<Key> {
    let by_variant = colors_are_variants(plot);
    let names = plot.names().len();
    let mut keys: Vec<Key> = Vec::new();
    for series in &plot.series {
        let paint = Paint::of(plot, series, variants);
        let label = match series.variant.as_deref() {
            Some(id) if by_variant && names > 1 => format!("{}: {}", variant_name(id), series.name),
            Some(id) if by_variant => variant_name(id),
            _ => series.name.clone(),
        };
        let key = Key { label, paint };
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::Kind;
    use crate::units::Unit;

    #[test]
    fn a_variant_keeps_its_color_on_the_page() {
        let variants = ["narrow", "wide"];
        let mut first = Plot::new("a", "n", Unit::Count, Kind::Step);
        first.add("capacity", Some("narrow"), vec![]);
        first.add("capacity", Some("wide"), vec![]);
        let mut second = Plot::new("b", "n", Unit::Count, Kind::Step);
        second.add("errors", Some("wide"), vec![]);
        assert_eq!(
            Paint::of(&first, &first.series[1], &variants),
            Paint::of(&second, &second.series[0], &variants)
        );
    }

    #[test]
    fn looks_tell_the_series_of_a_drawing_apart() {
        let variants = ["narrow", "wide"];
        let mut plot = Plot::new("a", "n", Unit::Count, Kind::Line);
        plot.add_reference("wanted", vec![]);
        for variant in variants {
            plot.add("in service", Some(variant), vec![]);
            plot.add("pending", Some(variant), vec![]);
        }
        let keys = legend(&plot, &variants, str::to_uppercase);
        assert_eq!(keys.len(), 5);
        assert_eq!(keys[1].label, "NARROW: in service");
        let looks: std::collections::BTreeSet<String> = keys.iter().map(|key| key.paint.classes()).collect();
        assert_eq!(looks.len(), 5);
    }
}
