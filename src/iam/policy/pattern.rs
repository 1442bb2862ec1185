//! Patterns with wildcards and policy variables.
//!
//! Owns: `*` (any characters), `?` (one character), `${key}` and `${key, 'default'}`, and the
//! escapes `${*}`, `${?}`, `${$}`. Not here: what a variable stands for (`evaluate::Context`),
//! matching (`glob`).
//!
//! Source: AWS IAM User Guide, "IAM policy elements: Variables and tags".

use crate::iam::policy::error::PolicyError;
use crate::iam::policy::evaluate::Context;
use crate::iam::policy::glob;

/// One piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::iam::policy) enum Token {
    /// This character.
    Literal(char),
    /// One character.
    AnyOne,
    /// Any characters, also none.
    Any,
    /// What the request has for this key, letter by letter: wildcards in it stand for themselves,
    /// or a caller could widen the pattern by its own name.
    Variable {
        key: String,
        default: Option<String>,
    },
}

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The literals that it begins with: most texts that do not match differ here.
    beginning: String,
    /// The rest.
    tokens: Vec<Token>,
    has_variables: bool,
}

impl Pattern {
    /// Reads a pattern. Variables are known since version 2012-10-17; before it, they are text.
    ///
    /// # Errors
    /// `InvalidVariable` for one without an end or a name.
    pub fn parse(text: &str, has_variables: bool) -> Result<Self, PolicyError> {
        Ok(Self::of(Self::tokens(text, has_variables)?))
    }

    fn tokens(text: &str, has_variables: bool) -> Result<Vec<Token>, PolicyError> {
        let mut tokens = Vec::new();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            if has_variables && let Some(behind) = rest.strip_prefix("${") {
                let (name, behind) = behind.split_once('}').ok_or(PolicyError::InvalidVariable)?;
                tokens.push(variable(name)?);
                rest = behind;
                continue;
            }
            rest = rest.get(next.len_utf8()..).unwrap_or_default();
            tokens.push(match next {
                '*' => Token::Any,
                '?' => Token::AnyOne,
                other => Token::Literal(other),
            });
        }
        Ok(tokens)
    }

    /// A text without wildcards: only variables are special in it.
    ///
    /// # Errors
    /// `InvalidVariable` for one without an end or a name.
    pub fn parse_exact(text: &str, has_variables: bool) -> Result<Self, PolicyError> {
        let mut tokens = Self::tokens(text, has_variables)?;
        for token in &mut tokens {
            match token {
                Token::Any => *token = Token::Literal('*'),
                Token::AnyOne => *token = Token::Literal('?'),
                Token::Literal(_) | Token::Variable { .. } => {}
            }
        }
        Ok(Self::of(tokens))
    }

    /// Whether it is one text, and not an empty one.
    pub fn is_fixed(&self) -> bool {
        !self.beginning.is_empty() && self.tokens.is_empty()
    }

    fn of(mut tokens: Vec<Token>) -> Self {
        let literal = |token: &Token| match token {
            Token::Literal(literal) => Some(*literal),
            Token::Any | Token::AnyOne | Token::Variable { .. } => None,
        };
        let beginning: String = tokens.iter().map_while(literal).collect();
        tokens.drain(..beginning.chars().count());
        let has_variables = tokens
            .iter()
            .any(|token| matches!(token, Token::Variable { .. }));
        Self {
            beginning,
            tokens,
            has_variables,
        }
    }

    /// Whether a text matches; never when a variable has no value in this request.
    pub fn matches(&self, text: &str, context: &dyn Context) -> bool {
        text.strip_prefix(self.beginning.as_str())
            .is_some_and(|rest| self.rest_matches(rest, context, glob::exactly))
    }

    /// As [`Self::matches`], letters of either case.
    pub fn matches_ignoring_case(&self, text: &str, context: &dyn Context) -> bool {
        let is_same = |a: char, b: char| a.to_lowercase().eq(b.to_lowercase());
        let ignoring_case = |tokens: &[Token], text: &str| glob::by(tokens, text, is_same);
        let len = self.beginning.len();
        if text.is_ascii() && self.beginning.is_ascii() {
            return text.split_at_checked(len).is_some_and(|(beginning, rest)| {
                beginning.eq_ignore_ascii_case(&self.beginning)
                    && self.rest_matches(rest, context, ignoring_case)
            });
        }
        let mut rest = text.chars();
        let mut beginning = self.beginning.chars();
        beginning.all(|wanted| rest.next().is_some_and(|found| is_same(wanted, found)))
            && self.rest_matches(rest.as_str(), context, ignoring_case)
    }

    fn rest_matches(
        &self,
        text: &str,
        context: &dyn Context,
        glob: impl Fn(&[Token], &str) -> bool,
    ) -> bool {
        if !self.has_variables {
            return glob(&self.tokens, text);
        }
        match self.resolved(context) {
            Some(tokens) => glob(&tokens, text),
            None => false,
        }
    }

    fn resolved(&self, context: &dyn Context) -> Option<Vec<Token>> {
        let mut tokens = Vec::with_capacity(self.tokens.len());
        for token in &self.tokens {
            let Token::Variable { key, default } = token else {
                tokens.push(token.clone());
                continue;
            };
            let values = context.values(key);
            let value = match values.as_deref() {
                Some([value]) => value.as_ref(),
                // Several values name nothing.
                Some(_) | None => default.as_deref()?,
            };
            tokens.extend(value.chars().map(Token::Literal));
        }
        Some(tokens)
    }
}

fn variable(name: &str) -> Result<Token, PolicyError> {
    if let "*" | "?" | "$" = name {
        let character = name.chars().next().ok_or(PolicyError::InvalidVariable)?;
        return Ok(Token::Literal(character));
    }
    let (key, default) = match name.split_once(',') {
        None => (name, None),
        Some((key, default)) => {
            let quoted = default.trim();
            let inner = quoted
                .strip_prefix('\'')
                .and_then(|rest| rest.strip_suffix('\''));
            (key, Some(inner.ok_or(PolicyError::InvalidVariable)?))
        }
    };
    let key = key.trim();
    if key.is_empty() || key.contains("${") {
        return Err(PolicyError::InvalidVariable);
    }
    Ok(Token::Variable {
        key: super::condition::normalized_key(key),
        default: default.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    struct Ana;

    impl Context for Ana {
        fn values(&self, key: &str) -> Option<Vec<Cow<'_, str>>> {
            match key {
                "aws:username" => Some(vec!["ana".into()]),
                "aws:star" => Some(vec!["*".into()]),
                "aws:two" => Some(vec!["a".into(), "b".into()]),
                _ => None,
            }
        }
    }

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::parse(pattern, true).unwrap().matches(text, &Ana)
    }

    #[test]
    fn wildcards_match_any_and_one() {
        assert!(matches("*", ""));
        assert!(matches("a*c", "abbbc") && matches("a*c", "ac"));
        assert!(!matches("a*c", "abbbd"));
        assert!(matches("a?c", "a\u{436}c") && !matches("a?c", "ac"));
        assert!(matches("*ab*ab", "xabyabab") && !matches("*ab*ab", "xab"));
        assert!(!matches("", "a") && matches("", ""));
    }

    #[test]
    fn variables_stand_for_values_letter_by_letter() {
        assert!(matches("home/${aws:username}/*", "home/ana/x"));
        assert!(!matches("home/${aws:username}/*", "home/eva/x"));
        assert!(matches("${AWS:UserName}", "ana"));
        assert!(!matches("${aws:star}", "anything") && matches("${aws:star}", "*"));
        assert!(!matches("${aws:absent}*", "x"));
        assert!(matches("${aws:absent, 'x'}", "x"));
        assert!(!matches("${aws:two}", "a"));
        assert!(matches("a${*}b${$}${?}", "a*b$?") && !matches("a${*}b", "axb"));
    }

    #[test]
    fn variables_are_text_in_the_old_version() {
        let pattern = Pattern::parse("${aws:username}", false).unwrap();
        assert!(pattern.matches("${aws:username}", &Ana) && !pattern.matches("ana", &Ana));
        let exact = Pattern::parse_exact("a*", true).unwrap();
        assert!(exact.matches("a*", &Ana) && !exact.matches("ab", &Ana));
    }

    #[test]
    fn broken_variables_are_refused() {
        for text in ["${", "${aws:username", "${}", "${ }", "${a, b}", "${${a}}"] {
            let parsed = Pattern::parse(text, true);
            assert_eq!(parsed, Err(PolicyError::InvalidVariable), "{text}");
        }
    }

    #[test]
    fn many_stars_end() {
        let pattern = "*a".repeat(2000);
        assert!(!matches(&pattern, &"a".repeat(1024)));
    }
}
