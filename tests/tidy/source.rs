//! The files that the rules of `tests/tidy.rs` look at.
//!
//! Owns: walking the package's folders, and what is code, test or comment in a file.
//! Not here: the rules.

use std::fs;
use std::path::Path;

/// One source file.
pub(crate) struct Source {
    /// Relative to the package.
    pub(crate) path: String,
    /// Content.
    pub(crate) text: String,
}

impl Source {
    /// Whether all of the file is test code.
    pub(crate) fn is_test(&self) -> bool {
        !self.path.starts_with("src/") || self.path.ends_with("/tests.rs")
    }

    /// Number of lines before the tests at the end of the file.
    pub(crate) fn code_len(&self) -> usize {
        if self.is_test() {
            return self.text.lines().count();
        }
        self.text
            .lines()
            .take_while(|line| *line != "#[cfg(test)]")
            .count()
    }

    /// The lines before the tests, numbered from 1.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().take(self.code_len())
    }

    /// All lines, numbered from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }

    /// The text without comments; a comment leaves its line break behind.
    pub(crate) fn without_comments(&self) -> String {
        let lines = self
            .text
            .lines()
            .map(|line| line.split("//").next().unwrap_or(line));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The module of rank: the first folder or file below `src`; `None` for the crate's root and
    /// for other folders.
    pub(crate) fn module(&self) -> Option<&str> {
        let below = self.path.strip_prefix("src/")?;
        let first = below.split('/').next().unwrap_or(below);
        let name = first.strip_suffix(".rs").unwrap_or(first);
        (name != "lib").then_some(name)
    }

    pub(crate) fn finding(&self, line: usize, text: &str) -> String {
        format!("{}:{line}: {text}", self.path)
    }
}

/// All Rust sources of the package, sorted.
pub(crate) fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    for folder in ["src", "tests", "benches"] {
        collect(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
            &mut files,
        );
    }
    files.retain(|source| has_extension(&source.path, &["rs"]));
    files
}

/// Reads all text files below a folder. What cannot be read as UTF-8 is no text.
fn collect(folder: &Path, files: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, files);
        } else if let Ok(text) = fs::read_to_string(&path) {
            let root = Path::new(env!("CARGO_MANIFEST_DIR"));
            let name = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .to_string_lossy()
                .into_owned();
            files.push(Source { path: name, text });
        }
    }
}

pub(crate) fn has_extension(path: &str, extensions: &[&str]) -> bool {
    let extension = Path::new(path).extension().and_then(|text| text.to_str());
    extension.is_some_and(|extension| extensions.contains(&extension))
}

/// Folders that only the machine at hand has: the home folder, the checkout, and the folder around
/// it.
pub(crate) fn folders_of_this_machine() -> Vec<String> {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR"));
    let home = option_env!("HOME").unwrap_or_default().to_owned();
    let around = checkout
        .parent()
        .map(|path| path.to_string_lossy().into_owned());
    let shared = ["", "/", "/home", "/tmp", "/usr/src", "/var/tmp"];
    let mut folders = vec![home, around.unwrap_or_default()];
    folders.retain(|folder| !shared.contains(&folder.as_str()));
    folders.push(checkout.to_string_lossy().into_owned());
    folders
        .into_iter()
        .map(|folder| format!("{}/", folder.trim_end_matches('/')))
        .collect()
}

/// Every text file that is kept in the repository, judged by its folder.
pub(crate) fn kept_files() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in [
        ".cargo", ".ci", ".config", "benches", "config", "deploy", "docs", "fuzz", "scripts",
    ] {
        collect(&root.join(folder), &mut files);
    }
    for folder in ["src", "tests"] {
        collect(&root.join(folder), &mut files);
    }
    let Ok(entries) = fs::read_dir(root) else {
        return files;
    };
    for path in entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
    {
        if let Ok(text) = fs::read_to_string(&path) {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            // The log of `make run`, in .gitignore.
            if name != "data.log" {
                files.push(Source { path: name, text });
            }
        }
    }
    files
}
