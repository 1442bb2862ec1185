//! Bodies of requests.
//!
//! Owns: `RequestBody`, which makes an object's bytes piece by piece while they are sent. Not here:
//! the bytes themselves (`content`).

use crate::bench::content::{PIECE_LEN, fill};
use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

/// What a request carries.
#[derive(Debug)]
pub(super) enum RequestBody {
    /// An object's bytes.
    Content {
        /// Where its contents start.
        start: u64,
        /// The next byte.
        offset: u64,
        /// Bytes in all.
        len: u64,
        /// Room for a piece; taken back when the piece has been sent.
        room: BytesMut,
    },
    /// A document, or nothing.
    Document(Bytes),
}

impl RequestBody {
    /// An object's bytes.
    pub(super) fn content(start: u64, len: u64) -> Self {
        Self::Content {
            start,
            offset: 0,
            len,
            room: BytesMut::new(),
        }
    }

    /// Bytes that are still to be sent.
    fn left(&self) -> u64 {
        match self {
            Self::Content { offset, len, .. } => len.saturating_sub(*offset),
            Self::Document(bytes) => bytes.len() as u64,
        }
    }

    fn next_piece(&mut self) -> Option<Bytes> {
        let left = self.left();
        if left == 0 {
            return None;
        }
        match self {
            Self::Content {
                start,
                offset,
                room,
                ..
            } => {
                let len = usize::try_from(left).map_or(PIECE_LEN, |left| left.min(PIECE_LEN));
                room.resize(len, 0);
                fill(*start, *offset, room);
                *offset += len as u64;
                Some(room.split().freeze())
            }
            Self::Document(bytes) => Some(std::mem::take(bytes)),
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.next_piece().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::content::is_content;

    #[test]
    fn content_comes_whole_in_pieces() {
        for len in [0, 1, 65_535, 65_536, 65_537, 200_000] {
            let mut body = RequestBody::content(9, len);
            let mut seen = 0;
            while let Some(piece) = body.next_piece() {
                assert!(piece.len() <= PIECE_LEN && is_content(9, seen, &piece));
                seen += piece.len() as u64;
                assert_eq!(body.size_hint().exact(), Some(len - seen));
            }
            assert_eq!(seen, len);
            assert!(body.is_end_stream());
        }
    }
}
