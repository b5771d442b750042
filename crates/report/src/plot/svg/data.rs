//! The data of a panel as paths.

use super::{Frame, Panel, px, series_title};
use crate::escape;
use crate::plot::{Kind, Paint, Plot, Point, Scale, Series, axis, downsample};
use std::fmt::Write;

/// The series a panel shows.
pub(super) fn shown<'a>(panel: &Panel<'a>) -> Vec<&'a Series> {
    let belongs = |series: &&Series| {
        panel.variant.is_none() || series.variant.is_none() || series.variant.as_deref() == panel.variant
    };
    panel.plot.series.iter().filter(belongs).collect()
}

/// The range of the vertical axis, over all panels of the plot so that they can be compared.
pub(super) fn value_range(plot: &Plot, most_ticks: usize) -> (f64, f64) {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    let mut take = |value: f64| {
        low = low.min(value);
        high = high.max(value);
    };
    plot.series.iter().flat_map(|series| &series.points).filter_map(|point| point.value).for_each(&mut take);
    plot.limits.iter().map(|limit| limit.value).filter(|value| value.is_finite()).for_each(&mut take);
    if plot.kind == Kind::StackedArea {
        let mut ids: Vec<Option<&str>> = plot.variants().into_iter().map(Some).collect();
        if ids.is_empty() {
            ids.push(None);
        }
        for id in ids {
            let layers = layers_of(plot, id);
            times_of(&layers).into_iter().map(|at| total_at(&layers, at)).for_each(&mut take);
        }
    }
    if low > high {
        (low, high) = (0.0, 0.0);
    }
    let from_zero = plot.scale == Scale::FromZero || !matches!(plot.kind, Kind::Line | Kind::Step);
    if from_zero {
        low = low.min(0.0);
        high = high.max(0.0);
    }
    axis::number_range(low, high, &plot.unit, most_ticks)
}

/// The path of a line or step series. Levels go on to the end of the time axis.
pub(super) fn line(series: &Series, panel: &Panel<'_>, frame: &Frame) -> String {
    let points = downsample::columns(&series.points, frame.x, panel.columns);
    let level = panel.plot.is_level();
    let mut path = String::new();
    let mut pen: Option<(String, String)> = None;
    for point in &points {
        let x = px(frame.x(point.at));
        let Some(value) = point.value else {
            if let (true, Some(_)) = (level, &pen) {
                let _ = write!(path, "H{x}");
            }
            pen = None;
            continue;
        };
        let y = px(frame.y(value));
        match &pen {
            None => {
                let _ = write!(path, "M{x} {y}");
            }
            // Nothing new at this resolution.
            Some(at) if *at == (x.clone(), y.clone()) => continue,
            Some((_, old_y)) if level && *old_y == y => continue,
            Some(_) if level => {
                let _ = write!(path, "H{x}V{y}");
            }
            Some(_) => {
                let _ = write!(path, "L{x} {y}");
            }
        }
        pen = Some((x, y));
    }
    if level && pen.is_some() {
        let _ = write!(path, "H{}", px(frame.right));
    } else if points.len() == 1 && pen.is_some() {
        // A single sample shows as a dot, by its round line cap.
        path.push_str("h0");
    }
    path
}

fn layers_of<'a>(plot: &'a Plot, variant: Option<&str>) -> Vec<&'a Series> {
    plot.series
        .iter()
        .filter(|s| {
            !s.reference && (variant.is_none() || s.variant.is_none() || s.variant.as_deref() == variant)
        })
        .collect()
}

/// Every instant at which one of the layers changes.
fn times_of(layers: &[&Series]) -> Vec<f64> {
    let mut times: Vec<f64> =
        layers.iter().flat_map(|series| &series.points).map(|p| p.at).filter(|at| at.is_finite()).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    times
}

fn total_at(layers: &[&Series], at: f64) -> f64 {
    layers.iter().filter_map(|series| series.value_at(at, true)).sum()
}

/// Layers on top of each other, the first at the bottom; references as lines over them.
pub(super) fn areas(out: &mut String, panel: &Panel<'_>, frame: &Frame) {
    let layers = layers_of(panel.plot, panel.variant);
    let totals: Vec<Point> =
        times_of(&layers).into_iter().map(|at| Point::from((at, total_at(&layers, at)))).collect();
    let times: Vec<f64> =
        downsample::columns(&totals, frame.x, panel.columns).iter().map(|point| point.at).collect();
    let mut floor = vec![0.0; times.len()];
    for series in &layers {
        let ceiling: Vec<f64> = times
            .iter()
            .zip(&floor)
            .map(|(at, below)| below + series.value_at(*at, true).unwrap_or_default())
            .collect();
        let paint = Paint::of(panel.plot, series, panel.variants);
        let _ = write!(
            out,
            "<path class=\"area {}\" d=\"{}\"><title>{}</title></path>",
            paint.classes(),
            area(&times, &floor, &ceiling, frame),
            escape::markup(&series_title(panel, series)),
        );
        floor = ceiling;
    }
    for series in shown(panel).into_iter().filter(|series| series.reference) {
        let title = escape::markup(&series_title(panel, series));
        let path = line(series, panel, frame);
        let _ = write!(out, "<path class=\"line ref d1\" d=\"{path}\"><title>{title}</title></path>");
    }
}

/// The outline between two levels, along the upper one and back along the lower one.
fn area(times: &[f64], floor: &[f64], ceiling: &[f64], frame: &Frame) -> String {
    let Some(first) = times.first() else {
        return String::new();
    };
    let mut path = format!("M{} {}", px(frame.x(*first)), px(frame.y(ceiling[0])));
    let mut last = px(frame.y(ceiling[0]));
    for (at, level) in times.iter().zip(ceiling).skip(1) {
        let y = px(frame.y(*level));
        if y != last {
            let _ = write!(path, "H{}V{y}", px(frame.x(*at)));
            last = y;
        }
    }
    let _ = write!(path, "H{}", px(frame.right));
    let mut below = String::new();
    for index in (0..times.len()).rev() {
        let y = px(frame.y(floor[index]));
        if y != below {
            if !below.is_empty() {
                let _ = write!(path, "H{}", px(frame.x(times[index + 1])));
            }
            let _ = write!(path, "V{y}");
            below = y;
        }
    }
    let _ = write!(path, "H{}Z", px(frame.x(*first)));
    path
}

/// A bar from each point on; several series share the width. Bars too many for the drawing become the greatest of
/// their stretch.
pub(super) fn bars(out: &mut String, panel: &Panel<'_>, frame: &Frame) {
    let all = shown(panel);
    let measured: Vec<&Series> = all.iter().copied().filter(|series| !series.reference).collect();
    let span = frame.x.1 - frame.x.0;
    let least_gap = panel.plot.least_gap().unwrap_or(span);
    let most = ((frame.right - frame.left) / 4.0) as usize;
    let slots = ((span / least_gap) as usize + 1).clamp(1, most.max(1));
    let slot = if slots == most { span / most as f64 } else { least_gap };
    let slot_width = slot / span * (frame.right - frame.left);
    let bar = (slot_width * 0.85 / measured.len().max(1) as f64).max(0.5);
    let base = frame.y(0.0);
    for (place, series) in measured.iter().enumerate() {
        let mut heights: Vec<(usize, f64)> = Vec::new();
        for point in &series.points {
            let Some(value) = point.value else { continue };
            let index = ((point.at - frame.x.0) / slot + 1e-9).max(0.0) as usize;
            match heights.last_mut() {
                Some((same, most)) if *same == index => *most = most.max(value),
                _ => heights.push((index, value)),
            }
        }
        let mut path = String::new();
        for (index, value) in heights.into_iter().filter(|(_, value)| *value != 0.0) {
            let x = frame.left + index as f64 * slot_width + place as f64 * bar;
            if x < frame.right {
                let width = px(bar.min(frame.right - x));
                let _ = write!(path, "M{} {}V{}h{width}V{}Z", px(x), px(base), px(frame.y(value)), px(base));
            }
        }
        let paint = Paint::of(panel.plot, series, panel.variants);
        let title = escape::markup(&series_title(panel, series));
        let _ =
            write!(out, "<path class=\"bar {}\" d=\"{path}\"><title>{title}</title></path>", paint.classes());
    }
    for series in all.into_iter().filter(|series| series.reference) {
        let path = line(series, panel, frame);
        let _ = write!(out, "<path class=\"line ref d1\" d=\"{path}\"/>");
    }
}
