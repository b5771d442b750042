//! Corrections to botocore's models: the `add`, `replace` and `remove` of JSON Patch (RFC 6902), each with a `why`.

use anyhow::{Context as _, bail};

use crate::json::Json;

/// Applies every correction of `patches`, a JSON array of `{"op", "path", "value", "why"}`, to `model`.
pub fn apply(model: &mut Json, patches: &Json) -> anyhow::Result<()> {
    for patch in patches.elements() {
        let path = patch.text("path").context("a patch has no path")?;
        if patch.text("why").is_none_or(str::is_empty) {
            bail!("the patch of {path} does not say why");
        }
        apply_one(model, patch, path).with_context(|| format!("in the patch of {path}"))?;
    }
    Ok(())
}

fn apply_one(model: &mut Json, patch: &Json, path: &str) -> anyhow::Result<()> {
    let (parent_path, last) = path.rsplit_once('/').context("the path does not begin with /")?;
    let mut parent = &mut *model;
    for token in parent_path.split('/').skip(1) {
        parent = child(parent, &unescape(token)).with_context(|| format!("nothing is at `{token}`"))?;
    }
    let key = unescape(last);
    let value = || patch.get("value").cloned().context("it has no value");
    match patch.text("op") {
        Some("add") => add(parent, key, value()?),
        Some("replace") => {
            *child(parent, &key).with_context(|| format!("nothing is at `{key}`"))? = value()?;
            Ok(())
        }
        Some("remove") => remove(parent, &key),
        other => bail!("the operation {other:?} is not add, replace or remove"),
    }
}

fn add(parent: &mut Json, key: String, value: Json) -> anyhow::Result<()> {
    match parent {
        Json::Object(entries) => match entries.iter_mut().find(|(name, _)| *name == key) {
            Some((_, present)) => *present = value,
            None => entries.push((key, value)),
        },
        Json::Array(elements) if key == "-" => elements.push(value),
        Json::Array(elements) => {
            let index: usize = key.parse()?;
            if index > elements.len() {
                bail!("the array has only {} elements", elements.len());
            }
            elements.insert(index, value);
        }
        _ => bail!("its parent is neither an object nor an array"),
    }
    Ok(())
}

fn remove(parent: &mut Json, key: &str) -> anyhow::Result<()> {
    child(parent, key).with_context(|| format!("nothing is at `{key}`"))?;
    match parent {
        Json::Object(entries) => entries.retain(|(name, _)| name != key),
        Json::Array(elements) => {
            elements.remove(key.parse()?);
        }
        _ => {}
    }
    Ok(())
}

fn child<'a>(parent: &'a mut Json, key: &str) -> Option<&'a mut Json> {
    match parent {
        Json::Object(entries) => entries.iter_mut().find(|(name, _)| name == key).map(|(_, value)| value),
        Json::Array(elements) => elements.get_mut(key.parse::<usize>().ok()?),
        _ => None,
    }
}

fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json {
        serde_json::from_str(text).unwrap()
    }

    fn patched(patches: &str) -> anyhow::Result<Json> {
        let mut model = json(r#"{"b":{"x/y":1},"a":[1,2]}"#);
        apply(&mut model, &json(patches)).map(|()| model)
    }

    #[test]
    fn adds_replaces_and_removes() {
        let model = patched(
            r#"[{"op":"replace","path":"/b/x~1y","value":2,"why":"w"},
                {"op":"add","path":"/a/-","value":3,"why":"w"},
                {"op":"add","path":"/a/0","value":0,"why":"w"},
                {"op":"add","path":"/c","value":true,"why":"w"},
                {"op":"remove","path":"/a/1","why":"w"}]"#,
        );
        assert_eq!(model.unwrap(), json(r#"{"b":{"x/y":2},"a":[0,2,3],"c":true}"#));
    }

    #[test]
    fn refuses_what_does_not_fit_the_model() {
        for wrong in [
            r#"[{"op":"replace","path":"/nothing","value":2,"why":"w"}]"#,
            r#"[{"op":"remove","path":"/a/2","why":"w"}]"#,
            r#"[{"op":"add","path":"/c","value":2}]"#,
            r#"[{"op":"add","path":"/c","why":"w"}]"#,
            r#"[{"op":"move","path":"/a","why":"w"}]"#,
        ] {
            assert!(patched(wrong).is_err(), "{wrong}");
        }
    }
}
