//! Matching a text against a pattern's pieces.
//!
//! Owns: the two ways of it, and how much work either is. Policies and object keys come from
//! tenants: at 20 KiB of patterns and 1 KiB of key, backtracking alone took 27 ms for a decision.
//! Not here: reading patterns, variables (`pattern`).

use crate::iam::policy::pattern::Token;
use std::collections::HashMap;

/// Steps that backtracking may take; longer pairs go the other way, whose beginning costs more.
const BACKTRACKING_MAX: usize = 1024;

/// Whether a text matches, letter by letter.
pub(super) fn exactly(tokens: &[Token], text: &str) -> bool {
    if tokens.len().saturating_mul(text.len()) <= BACKTRACKING_MAX {
        by(tokens, text, |a, b| a == b)
    } else {
        in_parallel(tokens, text)
    }
}

/// Whether a text matches, by what two characters have in common. Backtracks to the last `*` only,
/// so the work is at most the product of both lengths.
pub(super) fn by(tokens: &[Token], text: &str, is_same: impl Fn(char, char) -> bool) -> bool {
    let (mut at, mut rest) = (0, text);
    // Behind the last `*`, and what it has not taken yet.
    let mut last_any: Option<(usize, &str)> = None;
    loop {
        let mut chars = rest.chars();
        let next = chars.next();
        let is_match = match (tokens.get(at), next) {
            (Some(Token::Any), _) => {
                last_any = Some((at + 1, rest));
                at += 1;
                continue;
            }
            (None, None) => return true,
            (Some(Token::AnyOne), Some(_)) => true,
            (Some(Token::Literal(wanted)), Some(found)) => is_same(*wanted, found),
            (None | Some(Token::Variable { .. }), _) | (_, None) => false,
        };
        if is_match {
            at += 1;
            rest = chars.as_str();
            continue;
        }
        let Some((behind, untaken)) = last_any else {
            return false;
        };
        let mut untaken = untaken.chars();
        if untaken.next().is_none() {
            return false;
        }
        last_any = Some((behind, untaken.as_str()));
        at = behind;
        rest = untaken.as_str();
    }
}

/// Bit `n` of a set: the first `n` pieces have matched what was read so far. One step for each
/// character and each 64 pieces.
fn in_parallel(tokens: &[Token], text: &str) -> bool {
    // Several `*` in a row are one, so that a set is closed in one pass.
    let is_again = |pair: &[Token]| matches!(pair, [Token::Any, Token::Any]);
    let mut places: HashMap<char, Vec<usize>> = HashMap::new();
    let (mut any, mut one) = (Vec::new(), Vec::new());
    let mut count = 0;
    for (index, token) in tokens.iter().enumerate() {
        let before = tokens.get(index.saturating_sub(1)..=index);
        if index > 0 && before.is_some_and(is_again) {
            continue;
        }
        match token {
            Token::Any => any.push(count),
            Token::AnyOne => one.push(count),
            Token::Literal(literal) => places.entry(*literal).or_default().push(count),
            Token::Variable { .. } => return false,
        }
        count += 1;
    }
    let words = count / 64 + 1;
    let any = set(words, any);
    let one = set(words, one);
    let step_of = |places: Vec<usize>| -> Vec<u64> {
        let own = set(words, places);
        own.iter().zip(&one).map(|(own, one)| own | one).collect()
    };
    let steps: HashMap<char, Vec<u64>> = places
        .into_iter()
        .map(|(literal, places)| (literal, step_of(places)))
        .collect();
    let mut states = set(words, vec![0]);
    close(&mut states, &any);
    for character in text.chars() {
        let step = steps.get(&character).unwrap_or(&one);
        let mut carried = 0;
        for ((state, step), any) in states.iter_mut().zip(step).zip(&any) {
            let stepped = *state & step;
            *state = (stepped << 1) | carried | (*state & any);
            carried = stepped >> 63;
        }
        close(&mut states, &any);
    }
    let whole = set(words, vec![count]);
    states
        .iter()
        .zip(&whole)
        .any(|(state, whole)| state & whole != 0)
}

fn set(words: usize, places: Vec<usize>) -> Vec<u64> {
    let mut set = vec![0; words];
    for place in places {
        if let Some(word) = set.get_mut(place / 64) {
            *word |= 1_u64 << (place % 64);
        }
    }
    set
}

/// A `*` may also stand for nothing. No two are neighbours: what has passed one waits at none.
fn close(states: &mut [u64], any: &[u64]) {
    let mut carried = 0;
    for (state, any) in states.iter_mut().zip(any) {
        let waiting = *state & any;
        *state |= (waiting << 1) | carried;
        carried = waiting >> 63;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{Just, Strategy, any, prop, prop_assert_eq, prop_oneof, proptest};

    fn token() -> impl Strategy<Value = Token> {
        prop_oneof![
            3 => Just(Token::Any),
            2 => Just(Token::AnyOne),
            9 => prop::sample::select(&['a', 'b', '\u{436}']).prop_map(Token::Literal),
        ]
    }

    proptest! {
        #[test]
        fn both_ways_agree(
            tokens in prop::collection::vec(token(), 0..200),
            text in prop::collection::vec(prop::sample::select(&['a', 'b', '\u{436}', 'c']), 0..200),
            fills in any::<bool>(),
        ) {
            let mut text: String = text.into_iter().collect();
            if fills {
                // A text that matches, or nearly.
                let fill = |token: &Token| match token {
                    Token::Literal(literal) => literal.to_string(),
                    Token::AnyOne => "a".to_owned(),
                    Token::Any => text.chars().take(3).collect(),
                    Token::Variable { .. } => String::new(),
                };
                text = tokens.iter().map(fill).collect();
            }
            let expected = by(&tokens, &text, |a, b| a == b);
            prop_assert_eq!(in_parallel(&tokens, &text), expected, "{:?} {}", tokens, text);
        }
    }
}
