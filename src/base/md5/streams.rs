//! Several MD5s that run together: each brings its next bytes and leaves when they are hashed.
//!
//! Owns: which streams share a call of the kernel, and for how long. Not here: where streams come
//! from and who waits for them (`service`).

use super::kernel::{Kernel, Share};
use super::{BLOCK_LEN, Md5};
use bytes::{Buf as _, Bytes};

/// Blocks between two looks at who else is there: 16 KiB of each stream, 25 us. A newcomer waits
/// for no more, and a look is small change beside it.
const TURN_BLOCKS: usize = 256;

/// Streams in the lanes of one kernel. `T` is what its owner knows a stream by.
#[derive(Debug)]
pub struct Streams<T> {
    kernel: Kernel,
    running: Vec<Stream<T>>,
}

#[derive(Debug)]
struct Stream<T> {
    md5: Md5,
    rest: Bytes,
    owner: T,
}

impl<T> Stream<T> {
    fn blocks(&self) -> &[[u8; 64]] {
        self.rest.as_chunks().0
    }
}

impl<T> Streams<T> {
    /// No streams yet.
    pub fn new(kernel: Kernel) -> Self {
        Self {
            kernel,
            running: Vec::with_capacity(kernel.lane_count()),
        }
    }

    /// How many more streams the kernel takes at once.
    pub fn free_lanes(&self) -> usize {
        let lanes = self.kernel.lane_count();
        lanes.saturating_sub(self.running.len())
    }

    /// Whether no stream is there.
    pub fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// Lets a stream in, with the bytes to hash. One that finds no room makes all of them slower.
    pub fn enter(&mut self, mut md5: Md5, mut piece: Bytes, owner: T) {
        piece.advance(md5.fill_block(&piece));
        self.running.push(Stream {
            md5,
            rest: piece,
            owner,
        });
    }

    /// Hashes on for one turn: until the shortest stream ends, or [`TURN_BLOCKS`].
    pub fn turn(&mut self) {
        let left = self.running.iter().map(|stream| stream.blocks().len());
        let count = left.min().unwrap_or_default().min(TURN_BLOCKS);
        let shares = self.running.iter_mut().map(|stream| Share {
            state: &mut stream.md5.state,
            blocks: stream.rest.as_chunks().0,
        });
        self.kernel.compress(&mut shares.collect::<Vec<_>>(), count);
        for stream in &mut self.running {
            let len = count.saturating_mul(BLOCK_LEN);
            stream.rest.advance(len);
            stream.md5.count(len);
        }
    }

    /// The streams whose bytes are hashed: they leave.
    pub fn finished(&mut self) -> impl Iterator<Item = (Md5, T)> {
        self.running
            .extract_if(.., |stream| stream.blocks().is_empty())
            .map(|mut stream| {
                stream.md5.keep(&stream.rest);
                (stream.md5, stream.owner)
            })
    }
}
