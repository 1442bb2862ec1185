//! The decoder of multipart/form-data: what arrives goes in, in whatever pieces, and parts come
//! out.
//!
//! Owns: delimiters, the bound on a part's head, the demand for a final boundary.
//! Not here: what a head says (`head`), the bound on all that is ahead of the file (`body`).
//!
//! Source: RFC 2046, 5.1.1; RFC 7578. Contents are handed on as they lie in the arrival, without a
//! copy; what is kept from one arrival to the next is the begin of a delimiter or of a head.

use crate::base::limits::FORM_PART_HEAD_LEN_MAX;
use crate::s3::post::error::FormError;
use crate::s3::post::head::PartHead;
use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem::{self, Finder};
use std::collections::VecDeque;

/// Blanks behind a boundary, which only mail gateways ever added.
const PADDING_LEN_MAX: usize = 64;
const LINE_BREAK: &[u8] = b"\r\n";
/// Bytes of the line break that a form begins behind, and does not have.
const AHEAD_LEN: u64 = 2;
const HEAD_END: &[u8] = b"\r\n\r\n";
const CLOSE: &[u8] = b"--";

/// What the decoder has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormEvent {
    /// A part begins.
    Part {
        /// What its head says.
        head: PartHead,
        /// Bytes of the form ahead of its contents.
        offset: u64,
    },
    /// Contents of the part that has begun.
    Data(Bytes),
    /// The final boundary.
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Ahead of the first boundary: nothing of it counts.
    Preamble,
    /// In a part's contents.
    Contents,
    /// Behind a boundary, on its line.
    Line,
    /// In a part's head.
    Head,
    /// Behind the final boundary: nothing of it counts.
    Epilogue,
    /// After a fault: nothing is read any more.
    Refused,
}

/// What has been found in one step.
enum Step {
    /// The next state begins.
    To(State),
    /// A head has ended.
    Part(PartHead),
    /// More has to arrive.
    Wait,
}

/// Decodes one form.
#[derive(Debug)]
pub struct FormDecoder {
    delimiter: Finder<'static>,
    state: State,
    /// What has arrived and is not decided yet.
    kept: Bytes,
    /// Bytes that were decided.
    taken: u64,
}

impl FormDecoder {
    /// A decoder for the boundary of a form.
    pub fn new(boundary: &str) -> Self {
        let delimiter = [LINE_BREAK, CLOSE, boundary.as_bytes()].concat();
        Self {
            delimiter: Finder::new(&delimiter).into_owned(),
            state: State::Preamble,
            // A form begins as if after a line break: its first boundary may be its first bytes.
            kept: Bytes::from_static(LINE_BREAK),
            taken: 0,
        }
    }

    /// Bytes of the form that are behind the decoder or kept by it.
    pub fn seen(&self) -> u64 {
        let kept = u64::try_from(self.kept.len()).unwrap_or(u64::MAX);
        let seen = self.taken.saturating_add(kept);
        seen.saturating_sub(AHEAD_LEN)
    }

    /// Bytes that stand behind a file which is the last field.
    pub fn closing_len(&self) -> u64 {
        let delimiter_len = self.delimiter.needle().len();
        let closing = delimiter_len.saturating_add(CLOSE.len() + LINE_BREAK.len());
        u64::try_from(closing).unwrap_or(u64::MAX)
    }

    /// Takes what has arrived; what it is goes to the end of `events`.
    ///
    /// # Errors
    /// `Head`, `HeadTooLong`, `Boundary`; from then on all that arrives is refused.
    pub fn feed(
        &mut self,
        arrival: Bytes,
        events: &mut VecDeque<FormEvent>,
    ) -> Result<(), FormError> {
        let mut rest = join(&std::mem::take(&mut self.kept), arrival);
        loop {
            let before = rest.len();
            let step = match self.state {
                State::Preamble | State::Contents => Ok(self.contents(&mut rest, events)),
                State::Line => line(&mut rest, events),
                State::Head => head(&mut rest),
                State::Epilogue => {
                    rest.clear();
                    Ok(Step::Wait)
                }
                State::Refused => Err(FormError::Boundary),
            };
            let taken = before.saturating_sub(rest.len());
            let taken = u64::try_from(taken).unwrap_or(u64::MAX);
            self.taken = self.taken.saturating_add(taken);
            match step {
                Ok(Step::To(state)) => self.state = state,
                Ok(Step::Part(head)) => {
                    let offset = self.taken.saturating_sub(AHEAD_LEN);
                    events.push_back(FormEvent::Part { head, offset });
                    self.state = State::Contents;
                }
                Ok(Step::Wait) => {
                    // A copy of the little that it is: the arrival that it lay in is let go.
                    self.kept = Bytes::copy_from_slice(&rest);
                    return Ok(());
                }
                Err(error) => {
                    self.state = State::Refused;
                    return Err(error);
                }
            }
        }
    }

    /// The body has ended.
    ///
    /// # Errors
    /// `Unfinished` without a final boundary: a form that was cut looks so.
    pub fn finish(&self) -> Result<(), FormError> {
        match self.state {
            State::Epilogue => Ok(()),
            State::Preamble | State::Contents | State::Line | State::Head | State::Refused => {
                Err(FormError::Unfinished)
            }
        }
    }

    /// Contents up to the next delimiter.
    fn contents(&self, rest: &mut Bytes, events: &mut VecDeque<FormEvent>) -> Step {
        let delimiter = self.delimiter.needle();
        let found = self.delimiter.find(rest);
        // Without a delimiter all is contents but what could become one.
        let len = found.unwrap_or_else(|| rest.len().saturating_sub(overlap(rest, delimiter)));
        let data = rest.split_to(len.min(rest.len()));
        if !data.is_empty() && self.state == State::Contents {
            events.push_back(FormEvent::Data(data));
        }
        if found.is_none() {
            return Step::Wait;
        }
        rest.advance(delimiter.len().min(rest.len()));
        Step::To(State::Line)
    }
}

fn join(kept: &[u8], arrival: Bytes) -> Bytes {
    if kept.is_empty() {
        return arrival;
    }
    let mut joined = BytesMut::with_capacity(kept.len().saturating_add(arrival.len()));
    joined.extend_from_slice(kept);
    joined.extend_from_slice(&arrival);
    joined.freeze()
}

/// Bytes at the end of `data` that the delimiter begins with.
fn overlap(data: &[u8], delimiter: &[u8]) -> usize {
    let begins = |len: &usize| delimiter.get(..*len).is_some_and(|own| data.ends_with(own));
    (1..delimiter.len()).rev().find(begins).unwrap_or(0)
}

/// The line of a boundary: two hyphens make it the final one. Anything else but blanks would be
/// another boundary that begins with this one, and none of ours.
fn line(rest: &mut Bytes, events: &mut VecDeque<FormEvent>) -> Result<Step, FormError> {
    if rest.starts_with(CLOSE) {
        rest.advance(CLOSE.len());
        events.push_back(FormEvent::End);
        return Ok(Step::To(State::Epilogue));
    }
    let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t');
    let padding_len = rest.iter().take_while(is_blank).count();
    let after = rest.get(padding_len..).unwrap_or_default();
    if padding_len > PADDING_LEN_MAX {
        return Err(FormError::Boundary);
    }
    if after.starts_with(LINE_BREAK) {
        rest.advance(padding_len.saturating_add(LINE_BREAK.len()).min(rest.len()));
        return Ok(Step::To(State::Head));
    }
    let may_go_on = LINE_BREAK.starts_with(after) || (padding_len == 0 && CLOSE.starts_with(after));
    if may_go_on {
        Ok(Step::Wait)
    } else {
        Err(FormError::Boundary)
    }
}

/// A head with the empty line at its end.
fn head(rest: &mut Bytes) -> Result<Step, FormError> {
    let found = memmem::find(rest, HEAD_END);
    let len = found.unwrap_or_else(|| rest.len().saturating_sub(HEAD_END.len()));
    if len > FORM_PART_HEAD_LEN_MAX {
        return Err(FormError::HeadTooLong);
    }
    if found.is_none() {
        return Ok(Step::Wait);
    }
    let lines = rest.split_to(len.min(rest.len()));
    rest.advance(HEAD_END.len().min(rest.len()));
    Ok(Step::Part(PartHead::parse(&lines)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{any, prop_assert_eq, proptest};

    const FORM: &str = "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\na\r\n\
        --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nbytes\r\n\
        --b--\r\n";

    /// What a delimiter is made of, and what only looks so.
    const PIECES: &[&str] = &["\r\n--", "\r\n", "--", "b", "-", "\r", "x", "\r\n-b"];

    /// Parts by name with their contents, however the form arrives.
    fn decode(form: &[u8], piece_len: usize) -> Result<Vec<(String, Vec<u8>)>, FormError> {
        let mut decoder = FormDecoder::new("b");
        let mut events = VecDeque::new();
        for piece in form.chunks(piece_len.max(1)) {
            decoder.feed(Bytes::copy_from_slice(piece), &mut events)?;
        }
        decoder.finish()?;
        assert_eq!(decoder.seen(), u64::try_from(form.len()).unwrap());
        let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
        for event in events {
            match event {
                FormEvent::Part { head, .. } => parts.push((head.name, Vec::new())),
                FormEvent::Data(data) => parts.last_mut().unwrap().1.extend_from_slice(&data),
                FormEvent::End => {}
            }
        }
        Ok(parts)
    }

    fn part(name: &str, contents: &[u8]) -> (String, Vec<u8>) {
        (name.to_owned(), contents.to_vec())
    }

    #[test]
    fn forms_are_decoded_however_they_arrive() {
        let expected = Ok(vec![part("key", b"a"), part("file", b"bytes")]);
        let decorated = format!("preamble\r\n--x\r\n{FORM}epilogue --b");
        let padded = FORM.replace("--b\r\n", "--b \t\r\n");
        let bare = FORM.trim_end();
        for form in [FORM, &decorated, &padded, bare] {
            for piece_len in 1..=form.len() {
                assert_eq!(decode(form.as_bytes(), piece_len), expected, "{form}");
            }
        }
    }

    #[test]
    fn offset_counts_all_that_is_ahead_of_the_contents() {
        let mut decoder = FormDecoder::new("b");
        let mut events = VecDeque::new();
        decoder
            .feed(Bytes::from_static(FORM.as_bytes()), &mut events)
            .unwrap();
        let offsets = events.iter().filter_map(|event| match event {
            FormEvent::Part { offset, .. } => usize::try_from(*offset).ok(),
            FormEvent::Data(_) | FormEvent::End => None,
        });
        let form = FORM.as_bytes();
        let contents: Vec<_> = offsets.map(|offset| form[offset]).collect();
        assert_eq!(contents, [b'a', b'b']);
        let closing_len = usize::try_from(decoder.closing_len()).unwrap();
        assert_eq!(form[form.len() - closing_len..], *b"\r\n--b--\r\n");
    }

    #[test]
    fn form_without_its_final_boundary_is_unfinished() {
        let end = FORM.rfind("--\r\n").unwrap();
        for len in 0..=end + 1 {
            let cut = decode(&FORM.as_bytes()[..len], 7);
            assert_eq!(cut, Err(FormError::Unfinished), "{len}");
        }
    }

    #[test]
    fn lines_that_only_begin_as_the_boundary_are_refused() {
        for wrong in [
            "--bc\r\n",
            "--b-\r\n",
            "--b x\r\n",
            "--b\n",
            "--b\rx",
            "--b -- \r\n",
        ] {
            let form = FORM.replacen("\r\n--b\r\n", &format!("\r\n{wrong}"), 1);
            for piece_len in [1, 3, form.len()] {
                let refused = decode(form.as_bytes(), piece_len);
                assert_eq!(refused, Err(FormError::Boundary), "{wrong:?}");
            }
        }
        let padded = FORM.replacen("--b\r\n", &format!("--b{}", " ".repeat(1000)), 1);
        assert_eq!(decode(padded.as_bytes(), 1), Err(FormError::Boundary));
    }

    #[test]
    fn heads_are_bounded_however_they_arrive() {
        let long = "x".repeat(FORM_PART_HEAD_LEN_MAX);
        let form = FORM.replacen("name=\"file\"", &format!("name=\"{long}\""), 1);
        let endless = format!("--b\r\nX: {long}{long}");
        for piece_len in [1000, 100_000] {
            let refused = decode(form.as_bytes(), piece_len);
            assert_eq!(refused, Err(FormError::HeadTooLong));
            let refused = decode(endless.as_bytes(), piece_len);
            assert_eq!(refused, Err(FormError::HeadTooLong));
        }
    }

    #[test]
    fn decoder_that_has_refused_reads_no_more() {
        let mut decoder = FormDecoder::new("b");
        let mut events = VecDeque::new();
        let bad = Bytes::from_static(b"--bx");
        decoder.feed(bad, &mut events).unwrap_err();
        let good = Bytes::from_static(FORM.as_bytes());
        decoder.feed(good, &mut events).unwrap_err();
        assert_eq!(decoder.finish(), Err(FormError::Unfinished));
        assert!(events.is_empty());
    }

    proptest! {
        /// Whatever the file holds comes out, unless it holds the delimiter itself; what looks like
        /// one is none.
        #[test]
        fn contents_come_out_as_they_went_in(
            pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..40),
            piece_len in 1_usize..40,
            raw in proptest::collection::vec(any::<u8>(), 0..100),
        ) {
            let mut contents = pieces.concat().into_bytes();
            contents.extend_from_slice(&raw);
            proptest::prop_assume!(memmem::find(&contents, b"\r\n--b").is_none());
            // What stands ahead of the contents ends in a line break, which is not the delimiter's.
            let mut form = b"--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n".to_vec();
            form.extend_from_slice(&contents);
            form.extend_from_slice(b"\r\n--b--");
            proptest::prop_assume!(memmem::find(&form, b"\r\n--b") == Some(form.len() - 7));
            prop_assert_eq!(decode(&form, piece_len), Ok(vec![part("file", &contents)]));
        }
    }
}
