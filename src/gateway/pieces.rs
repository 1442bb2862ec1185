//! Pieces of a body in the making.
//!
//! Owns: `Piece`, and `PieceAssembler`, which cuts what arrives into pieces. Not here: what is done
//! with a piece (`write_path`).
//!
//! Bytes stay where they arrived until they are sealed.

use crate::base::limits::PIECE_PLAIN_LEN;
use crate::gateway::error::GatewayError;
use crate::gateway::write_path::Body;
use bytes::{Buf, Bytes, BytesMut};
use std::collections::VecDeque;

/// Arrivals of less are copied together: a piece has few parts, and little memory is held by parts
/// of arrivals that are long gone.
const PART_LEN_MIN: usize = 32 * 1024;

/// Consecutive bytes of a body.
#[derive(Clone, Debug, Default)]
pub(in crate::gateway) struct Piece {
    /// None of them empty.
    parts: VecDeque<Bytes>,
    len: usize,
}

impl Piece {
    /// Bytes.
    pub(in crate::gateway) fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub(in crate::gateway) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes, part by part.
    pub(in crate::gateway) fn parts(&self) -> impl Iterator<Item = &Bytes> {
        self.parts.iter()
    }

    fn push(&mut self, part: Bytes) {
        if !part.is_empty() {
            self.len = self.len.saturating_add(part.len());
            self.parts.push_back(part);
        }
    }
}

/// Reading takes the bytes away.
impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.len
    }

    fn chunk(&self) -> &[u8] {
        self.parts.front().map_or(&[], |part| part)
    }

    fn advance(&mut self, mut count: usize) {
        while count > 0
            && let Some(part) = self.parts.front_mut()
        {
            let taken = count.min(part.len());
            part.advance(taken);
            if part.is_empty() {
                self.parts.pop_front();
            }
            self.len = self.len.saturating_sub(taken);
            count = count.saturating_sub(taken);
        }
    }
}

/// Cuts what arrives into pieces of exactly `PIECE_PLAIN_LEN`, the last one shorter.
#[derive(Debug, Default)]
pub(in crate::gateway) struct PieceAssembler {
    /// What arrived and did not fit into the piece before.
    carry: Bytes,
    /// The piece in the making, but for what follows.
    piece: Piece,
    /// A short arrival: not copied unless another one follows it.
    short: Bytes,
    /// Several short arrivals.
    gathered: BytesMut,
}

impl PieceAssembler {
    /// The next piece; `None` at the body's end.
    ///
    /// # Errors
    /// `BodyAborted`.
    pub(in crate::gateway) async fn next(
        &mut self,
        body: &mut Body,
    ) -> Result<Option<Piece>, GatewayError> {
        loop {
            let mut arrival = std::mem::take(&mut self.carry);
            if arrival.is_empty() {
                let arrived = body.next().await;
                match arrived.map_err(|_aborted| GatewayError::BodyAborted)? {
                    None => return Ok(Some(self.take()).filter(|rest| !rest.is_empty())),
                    Some(bytes) => arrival = bytes,
                }
            }
            let room = PIECE_PLAIN_LEN.saturating_sub(self.len());
            self.carry = arrival.split_off(room.min(arrival.len()));
            self.add(arrival);
            if self.len() == PIECE_PLAIN_LEN {
                return Ok(Some(self.take()));
            }
        }
    }

    fn len(&self) -> usize {
        self.piece
            .len
            .saturating_add(self.short.len())
            .saturating_add(self.gathered.len())
    }

    fn add(&mut self, arrival: Bytes) {
        if arrival.len() >= PART_LEN_MIN {
            self.end_part();
            self.piece.push(arrival);
        } else if self.short.is_empty() && self.gathered.is_empty() {
            self.short = arrival;
        } else {
            if self.gathered.is_empty() {
                self.gathered.reserve(2 * PART_LEN_MIN);
                self.gathered
                    .extend_from_slice(&std::mem::take(&mut self.short));
            }
            self.gathered.extend_from_slice(&arrival);
            if self.gathered.len() >= PART_LEN_MIN {
                self.end_part();
            }
        }
    }

    /// Makes a part of short arrivals.
    fn end_part(&mut self) {
        self.piece.push(std::mem::take(&mut self.short));
        self.piece.push(self.gathered.split().freeze());
    }

    fn take(&mut self) -> Piece {
        self.end_part();
        std::mem::take(&mut self.piece)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::channel::body_channel;
    use crate::gateway::digests::BodyEnd;

    fn arrival(n: usize, len: usize) -> Bytes {
        Bytes::from(vec![u8::try_from(n % 251).unwrap(); len])
    }

    /// The pieces that arrivals of these lengths are cut into.
    async fn cut(lens: &[usize]) -> Vec<Piece> {
        let (sender, mut receiver) = body_channel(4);
        let send = async {
            for (n, len) in lens.iter().enumerate() {
                sender.send(arrival(n, *len)).await.unwrap();
            }
            sender.finish(BodyEnd::default()).await.unwrap();
        };
        let receive = async {
            let mut assembler = PieceAssembler::default();
            let mut pieces = Vec::new();
            while let Some(piece) = assembler.next(&mut receiver).await.unwrap() {
                pieces.push(piece);
            }
            pieces
        };
        futures::join!(send, receive).1
    }

    #[tokio::test]
    async fn pieces_are_full_but_the_last_and_equal_the_body() {
        let same = [
            (1, 3),
            (1000, 600),
            (65_536, 9),
            (300_000, 3),
            (1_000_000, 2),
            (262_144, 2),
        ];
        let mixed = [7, 40_000, 1, 2, 32_767, 32_768, 500_000, 3, 200_000].repeat(3);
        let all = same.map(|(len, count)| vec![len; count]);
        for lens in all.into_iter().chain([mixed]) {
            let pieces = cut(&lens).await;
            let (last, full) = pieces.split_last().unwrap();
            assert!(full.iter().all(|piece| piece.len() == PIECE_PLAIN_LEN));
            assert!(!last.is_empty() && last.len() <= PIECE_PLAIN_LEN);
            let parts = pieces.iter().flat_map(Piece::parts);
            let body = lens.iter().enumerate().map(|(n, len)| arrival(n, *len));
            let body = body.collect::<Vec<_>>().concat();
            assert_eq!(parts.cloned().collect::<Vec<_>>().concat(), body);
            let read = |mut piece: Piece| piece.copy_to_bytes(piece.len());
            let read = pieces.into_iter().map(read).collect::<Vec<_>>();
            assert_eq!(read.concat(), body);
        }
    }

    #[tokio::test]
    async fn piece_has_few_parts_however_it_arrives() {
        for len in [1, 100, 10_000, 32_767] {
            let pieces = cut(&vec![len; PIECE_PLAIN_LEN.div_ceil(len)]).await;
            let most = PIECE_PLAIN_LEN / PART_LEN_MIN;
            assert!(pieces.iter().all(|piece| piece.parts().count() <= most));
        }
        // Short ones between long ones make at most as many again.
        let pieces = cut(&[32_768, 1].repeat(7)).await;
        assert_eq!(pieces[0].parts().count(), 14);
    }

    #[tokio::test]
    async fn body_that_arrives_in_one_go_is_not_copied() {
        let (sender, mut body) = body_channel(1);
        let whole = arrival(1, 100);
        let at = whole.as_ptr();
        sender.send(whole).await.unwrap();
        let end = async { sender.finish(BodyEnd::default()).await.unwrap() };
        let mut assembler = PieceAssembler::default();
        let (piece, ()) = futures::join!(assembler.next(&mut body), end);
        let piece = piece.unwrap().unwrap();
        assert_eq!(piece.chunk().as_ptr(), at);
    }
}
