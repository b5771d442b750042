//! What kind of file a path is, told by its name.

/// What kind of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Nature {
    /// The program itself, and what configures and builds it.
    Code,
    /// What tests it.
    Test,
    /// What explains it.
    Docs,
    /// Written by a program, or by other people: lock files, generated and vendored code.
    Made,
    /// Figures, texts and pictures that are not read line by line.
    Data,
}

const LOCKS: &[&str] = &[
    "Cargo.lock",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "go.sum",
    "poetry.lock",
    "uv.lock",
    "Pipfile.lock",
    "Gemfile.lock",
    "composer.lock",
    "flake.lock",
    "mix.lock",
    "Podfile.lock",
    "packages.lock.json",
];
const MADE_ENDS: &[&str] = &[
    ".min.js",
    ".min.css",
    ".pb.go",
    "_pb2.py",
    "_pb2_grpc.py",
    ".pb.cc",
    ".pb.h",
    ".g.dart",
    ".snap",
    ".map",
    ".lock",
];
const MADE_FOLDERS: &[&str] = &["vendor", "third_party", "node_modules", "generated", "dist"];
const TEST_FOLDERS: &[&str] = &[
    "tests",
    "test",
    "t",
    "spec",
    "specs",
    "__tests__",
    "testing",
    "testdata",
    "fixtures",
    "golden",
    "benches",
    "fuzz",
];
const TEST_ENDS: &[&str] = &[
    "_test.go",
    "_test.py",
    "_test.rs",
    "_tests.rs",
    "_test.c",
    "_test.cc",
    "_test.cpp",
    "_test.rb",
    "_spec.rb",
    "Test.java",
    "Tests.cs",
];
const DOC_FOLDERS: &[&str] = &["docs", "doc", "Documentation", "man"];
const DOC_ENDS: &[&str] =
    &["md", "markdown", "rst", "adoc", "asciidoc", "tex", "txt", "org", "pod", "1", "3", "5", "7", "8"];
const DOC_NAMES: &[&str] = &[
    "README",
    "CHANGELOG",
    "CHANGES",
    "NEWS",
    "LICENSE",
    "COPYING",
    "NOTICE",
    "AUTHORS",
    "THANKS",
    "RELEASE-NOTES",
];
const DATA_ENDS: &[&str] = &[
    "csv", "tsv", "jsonl", "ndjson", "json", "po", "pot", "svg", "sql", "dat", "pem", "crt", "key", "gz",
    "zst", "zip", "png", "jpg", "gif", "ico", "pdf", "woff", "woff2", "ttf", "bin",
];

/// The nature of the file at `path`.
pub fn of(path: &[u8]) -> Nature {
    let text = String::from_utf8_lossy(path);
    let mut parts: Vec<&str> = text.split('/').collect();
    let name = parts.pop().unwrap_or_default();
    let is_in = |folders: &[&str]| parts.iter().any(|part| folders.contains(part));
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    if LOCKS.contains(&name) || ends(MADE_ENDS) || is_in(MADE_FOLDERS) {
        return Nature::Made;
    }
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    if DATA_ENDS.contains(&extension) && !is_settings(name) {
        return Nature::Data;
    }
    let is_python_test = name.starts_with("test_") && extension == "py";
    let is_script_test = name.contains(".test.") || name.contains(".spec.") || name == "tests.rs";
    if is_in(TEST_FOLDERS) || ends(TEST_ENDS) || is_python_test || is_script_test {
        return Nature::Test;
    }
    let stem = name.split('.').next().unwrap_or(name);
    if DOC_ENDS.contains(&extension) && name != "CMakeLists.txt"
        || DOC_NAMES.contains(&stem)
        || is_in(DOC_FOLDERS)
    {
        return Nature::Docs;
    }
    Nature::Code
}

/// Whether git can tell the function around a change of this file, by a pattern for its language.
pub fn has_functions(path: &[u8]) -> bool {
    let name = String::from_utf8_lossy(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let languages = "bash c cc cpp cs cxx ex exs go h hh hpp java kt kts m mm php pl pm py pyi rb rs scm sh";
    languages.split(' ').any(|language| language == extension)
}

/// JSON that people write.
fn is_settings(name: &str) -> bool {
    ["package.json", "tsconfig.json", "composer.json", "cdk.json"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::{Nature, of};

    #[test]
    fn names_tell() {
        let cases = [
            ("src/main.rs", Nature::Code),
            ("package.json", Nature::Code),
            ("CMakeLists.txt", Nature::Code),
            ("t/t0001-init.sh", Nature::Test),
            ("lib/url_test.go", Nature::Test),
            ("tests/test_wire.py", Nature::Test),
            ("Documentation/git.adoc", Nature::Docs),
            ("README", Nature::Docs),
            ("RELEASE-NOTES", Nature::Docs),
            ("Cargo.lock", Nature::Made),
            ("vendor/zlib/inflate.c", Nature::Made),
            ("web/app.min.js", Nature::Made),
            ("data/prices.csv", Nature::Data),
            ("crates/models/files/ec2.jsonl.gz", Nature::Data),
        ];
        for (path, nature) in cases {
            assert_eq!(of(path.as_bytes()), nature, "{path}");
        }
        assert_eq!(of(b"\xff\xfe/caf\xe9.c"), Nature::Code);
        assert_eq!(of(b""), Nature::Code);
    }
}
