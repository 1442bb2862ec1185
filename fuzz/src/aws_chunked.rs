//! The aws-chunked decoder. Input: form u8 | cut u8 | body.
//!
//! Form: bit 0 signed, bit 1 a trailer is announced, bit 2 the decoded length is declared.

use super::support::{Request, sign, split_byte};
use bytes::Bytes;
use riznica::auth::{AuthError, ChunkVerifier};
use riznica::base::digest::{DigestAlgorithm, digest};
use riznica::s3::body::aws_chunked::{ChunkDecoder, ChunkError, ChunkMode, Trailers};

const TRAILER: &str = "x-amz-checksum-crc32";
const DATE: &str = "20261123T100000Z";
const SCOPE: &str = "20261123/us-east-1/s3/aws4_request";
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

pub fn run(data: &[u8]) {
    let (form, data) = split_byte(data);
    let (cut, body) = split_byte(data);
    let form = Form {
        is_signed: form & 1 != 0,
        has_trailer: form & 2 != 0,
        is_len_declared: form & 4 != 0,
    };
    let piece_len = usize::from(cut).max(1);
    assert_cuts_do_not_matter(form, body, piece_len);
    assert_round_trip(form, body, piece_len);
}

#[derive(Clone, Copy)]
struct Form {
    is_signed: bool,
    has_trailer: bool,
    is_len_declared: bool,
}

impl Form {
    /// The decoder of a request that has this form, and the request's signature.
    fn decoder(self, decoded_len: usize) -> (ChunkDecoder, String) {
        let (signed, seed) = if self.is_signed {
            let (verifier, seed) = self.verifier();
            (Some(verifier), seed)
        } else {
            (None, String::new())
        };
        let decoder = ChunkDecoder::new(ChunkMode {
            signed,
            trailer_expected: self.has_trailer.then(|| TRAILER.to_owned()),
            decoded_len: self.is_len_declared.then_some(decoded_len as u64),
        });
        (decoder, seed)
    }

    fn verifier(self) -> (ChunkVerifier, String) {
        let suffix = if self.has_trailer { "-TRAILER" } else { "" };
        let text = |signature: &str| {
            format!(
                "PUT /bucket/key\nhost: h\nx-amz-date: {DATE}\n\
                 x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD{suffix}\n\
                 authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{SCOPE},\
                 SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature={signature}"
            )
        };
        let verify = |signature: &str| {
            let request = Request::parse(text(signature).as_bytes()).expect("it is well-formed");
            request.verify()
        };
        let Err(AuthError::SignatureDoesNotMatch { evidence }) = verify(&"0".repeat(64)) else {
            panic!("zeroes are no signature");
        };
        let seed = sign(&evidence.string_to_sign);
        let verified = verify(&seed).expect("it is signed");
        (
            verified.chunks.expect("it is a signed streaming body"),
            seed,
        )
    }
}

/// The data that came out, and how it ended.
fn decode(
    mut decoder: ChunkDecoder,
    body: &[u8],
    piece_len: usize,
) -> (Vec<u8>, Result<Trailers, ChunkError>) {
    let mut output = Vec::new();
    for piece in body.chunks(piece_len) {
        if let Err(error) = decoder.feed(Bytes::copy_from_slice(piece), &mut output) {
            assert!(matches!(
                decoder.feed(Bytes::from_static(b"0\r\n\r\n"), &mut output),
                Err(ChunkError::AlreadyRefused)
            ));
            assert!(matches!(decoder.finish(), Err(ChunkError::AlreadyRefused)));
            return (output.concat(), Err(error));
        }
    }
    (output.concat(), decoder.finish())
}

/// A body means the same however the network cuts it, and nothing comes out that did not go in.
fn assert_cuts_do_not_matter(form: Form, body: &[u8], piece_len: usize) {
    let declared = body.len() / 2;
    let (whole, outcome) = decode(form.decoder(declared).0, body, body.len().max(1));
    let (cut, cut_outcome) = decode(form.decoder(declared).0, body, piece_len);
    assert!(whole.len() <= body.len());
    assert_eq!(whole, cut);
    assert_eq!(format!("{outcome:?}"), format!("{cut_outcome:?}"));
    if outcome.is_ok() && form.is_len_declared {
        assert_eq!(whole.len(), declared);
    }
}

/// What is framed and decoded is the same; with one bit of it changed it is refused if it is
/// signed.
fn assert_round_trip(form: Form, data: &[u8], chunk_len: usize) {
    let (decoder, seed) = form.decoder(data.len());
    let framed = frame(form, seed, data, chunk_len);
    let (decoded, outcome) = decode(decoder, &framed, 7 * chunk_len);
    let trailers = outcome.expect("it is framed as it should be");
    assert_eq!(trailers.checksum.is_some(), form.has_trailer);
    assert_eq!(decoded, data);
    let longer = [framed.as_slice(), b"\n"].concat();
    let shorter = &framed[..framed.len() - 1];
    for wrong in [longer.as_slice(), shorter] {
        let (_, outcome) = decode(form.decoder(data.len()).0, wrong, 7 * chunk_len);
        assert!(outcome.is_err(), "a body of another length passed");
    }
    if let (true, Some(place)) = (form.is_signed, data.len().checked_sub(1)) {
        let mut changed = data.to_vec();
        changed[place] ^= 1;
        let (decoder, seed) = form.decoder(data.len());
        let genuine = frame(form, seed.clone(), data, data.len());
        let header_len = genuine.len() - frame(form, seed, &changed, data.len()).len();
        assert_eq!(header_len, 0, "frames of one length");
        let at = genuine
            .windows(data.len())
            .position(|window| window == data)
            .expect("the data is in there");
        let mut forged = genuine;
        forged[at + place] ^= 1;
        let (_, outcome) = decode(decoder, &forged, forged.len());
        assert!(outcome.is_err(), "a changed body passed");
    }
}

fn frame(form: Form, seed: String, data: &[u8], chunk_len: usize) -> Vec<u8> {
    let mut previous = seed;
    let mut sign_next = |algorithm: &str, covered: &str| {
        let text = format!("{algorithm}\n{DATE}\n{SCOPE}\n{previous}\n{covered}");
        previous = sign(&text);
        previous.clone()
    };
    let sha256 = |bytes: &[u8]| hex::encode(digest(DigestAlgorithm::Sha256, bytes));
    let mut framed = Vec::new();
    for chunk in data.chunks(chunk_len.max(1)).chain([[].as_slice()]) {
        framed.extend_from_slice(format!("{:x}", chunk.len()).as_bytes());
        if form.is_signed {
            let covered = format!("{EMPTY_SHA256}\n{}", sha256(chunk));
            let signature = sign_next("AWS4-HMAC-SHA256-PAYLOAD", &covered);
            framed.extend_from_slice(format!(";chunk-signature={signature}").as_bytes());
        }
        framed.extend_from_slice(b"\r\n");
        framed.extend_from_slice(chunk);
        if !chunk.is_empty() {
            framed.extend_from_slice(b"\r\n");
        }
    }
    if form.has_trailer {
        framed.extend_from_slice(format!("{TRAILER}:rfPzYw==\r\n").as_bytes());
        if form.is_signed {
            let covered = sha256(format!("{TRAILER}:rfPzYw==\n").as_bytes());
            let signature = sign_next("AWS4-HMAC-SHA256-TRAILER", &covered);
            framed.extend_from_slice(format!("x-amz-trailer-signature:{signature}\r\n").as_bytes());
        }
    }
    framed.extend_from_slice(b"\r\n");
    framed
}
