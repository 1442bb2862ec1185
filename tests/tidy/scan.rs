//! Finding names, imports, derives and definitions in source text, without a parser.
//!
//! Owns: plain text searches, each with a test of its own at the end.
//! Not here: which findings are faults.

/// The identifier that `text` begins with.
pub(crate) fn identifier(text: &str) -> &str {
    let end = text
        .find(|c: char| !is_identifier_char(c))
        .unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

pub(crate) fn is_identifier_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Where `name` stands as a word of its own: (line number from 1, text behind it).
pub(crate) fn words<'a>(text: &'a str, name: &str) -> Vec<(usize, &'a str)> {
    let mut found = Vec::new();
    for (position, _) in text.match_indices(name) {
        let (before, from) = text.split_at(position);
        let after = from.get(name.len()..).unwrap_or_default();
        let starts = !before.ends_with(|c: char| is_identifier_char(c) || c == '$');
        if starts && !after.starts_with(is_identifier_char) {
            found.push((before.matches('\n').count() + 1, after));
        }
    }
    found
}

/// The modules that are named directly behind a root such as `crate`: (line, module).
pub(crate) fn imports<'a>(text: &'a str, root: &str) -> Vec<(usize, &'a str)> {
    let mut found = Vec::new();
    for (line, after) in words(text, root) {
        let Some(path) = after.strip_prefix("::") else {
            continue;
        };
        match path.strip_prefix('{') {
            None => found.push((line, identifier(path))),
            Some(group) => found.extend(heads(group).into_iter().map(|name| (line, name))),
        }
    }
    found
}

/// The first identifier of each member of a group `a::b, c::{d, e}}`, up to the brace that closes
/// it.
pub(crate) fn heads(group: &str) -> Vec<&str> {
    let (mut depth, mut is_head, mut found) = (0_usize, true, Vec::new());
    for (position, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => is_head = true,
            _ if is_head && is_identifier_char(c) => {
                found.push(identifier(group.get(position..).unwrap_or_default()));
                is_head = false;
            }
            _ => {}
        }
    }
    found
}

/// The header of the type that starts at this line: its attributes, joined.
pub(crate) fn attributes_before(lines: &[&str], index: usize) -> String {
    let above = lines.iter().take(index).rev();
    let header = above.take_while(|line| {
        let line = line.trim_start();
        !line.is_empty() && !line.starts_with('}') && !line.ends_with(';')
    });
    let mut header: Vec<&str> = header
        .filter(|line| !line.trim_start().starts_with("//"))
        .copied()
        .collect();
    header.reverse();
    header.concat()
}

/// The name of the type that a line defines.
pub(crate) fn defined_type(line: &str) -> Option<&str> {
    let mut words = line
        .split_whitespace()
        .filter(|word| !word.starts_with("pub"));
    let is_type = matches!(words.next(), Some("struct" | "enum"));
    is_type.then(|| words.next().map(identifier)).flatten()
}

/// Which of `names` a type's attributes derive.
pub(crate) fn derived<'a>(attributes: &str, names: &[&'a str]) -> Vec<&'a str> {
    let lists = attributes
        .split("derive(")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let all: Vec<_> = lists.flat_map(|list| list.split(',')).collect();
    let last = |path: &str| {
        path.trim()
            .rsplit("::")
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    names
        .iter()
        .filter(|name| all.iter().any(|path| last(path) == **name))
        .copied()
        .collect()
}

/// The invariant that a comment line defines, such as `E2` in `//! - E2 Commit: ..` and `/// - K1:
/// ..`.
pub(crate) fn defined_invariant(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let comment = line
        .strip_prefix("//!")
        .or_else(|| line.strip_prefix("///"))?;
    let id = identifier(
        comment
            .trim_start()
            .strip_prefix("- ")?
            .trim_start_matches('*'),
    );
    let number = id.strip_prefix(|c: char| c.is_ascii_uppercase())?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(id)
}

/// Characters of the longest text between quotation marks.
pub(crate) fn longest_literal(line: &str) -> usize {
    let plain = line.replace("\\\"", "__");
    let quoted = plain.split('"').skip(1).step_by(2);
    quoted.map(|text| text.chars().count()).max().unwrap_or(0)
}

#[test]
fn longest_literal_counts_between_quotation_marks() {
    assert_eq!(longest_literal(r#"f("ab", "a\"bc"); // "x" "#), 5);
    assert_eq!(longest_literal("none"), 0);
}

#[test]
fn imports_are_found_in_paths_and_groups() {
    let text = "use crate::base::codec;\nuse crate::{\n    auth::{self, scope},\n    iam,\n};\n$crate::x; mycrate::y";
    assert_eq!(
        imports(text, "crate"),
        [(1, "base"), (2, "auth"), (2, "iam")]
    );
}

#[test]
fn invariant_definitions_are_told_from_mentions() {
    assert_eq!(defined_invariant("//! - K1: a sentence"), Some("K1"));
    assert_eq!(
        defined_invariant("    /// - **E2** Commit: a sentence"),
        Some("E2")
    );
    assert_eq!(defined_invariant("//! held by K1"), None);
    assert_eq!(defined_invariant("//! - Key: a sentence"), None);
}
