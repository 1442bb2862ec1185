//! Streaming bodies: frames, chunk signatures, trailers. Bodies are signed by AWS's own functions.

use crate::support::{NOW, SCOPE, Signer, verifier_at};
use aws_sigv4::http_request::SignableBody;
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::http::Headers;
use bytes::Bytes;
use proptest::prelude::*;
use riznica::auth::{AuthError, Verified};
use riznica::base::kind::ErrorKind;
use riznica::s3::body::aws_chunked::{ChunkDecoder, ChunkError, ChunkMode, TrailerFault, Trailers};

const CRC: &str = "x-amz-checksum-crc32";
const CRC_VALUE: &str = "rfPzYw==";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Signed,
    SignedTrailer,
    Unsigned,
}

fn verified(form: Form) -> Verified {
    let body = match form {
        Form::Signed => SignableBody::Precomputed("STREAMING-AWS4-HMAC-SHA256-PAYLOAD".to_owned()),
        Form::SignedTrailer => SignableBody::StreamingSignedPayloadTrailer,
        Form::Unsigned => SignableBody::StreamingUnsignedPayloadTrailer,
    };
    let request = Signer::default().header_form("PUT", "/bucket/a", &[], body);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime
        .block_on(verifier_at(NOW).verify(&request.view()))
        .unwrap()
}

fn seed(form: Form) -> String {
    let body = match form {
        Form::Signed => SignableBody::Precomputed("STREAMING-AWS4-HMAC-SHA256-PAYLOAD".to_owned()),
        Form::SignedTrailer => SignableBody::StreamingSignedPayloadTrailer,
        Form::Unsigned => SignableBody::StreamingUnsignedPayloadTrailer,
    };
    Signer::default()
        .header_form("PUT", "/bucket/a", &[], body)
        .signature()
}

/// A body in parts, so that tests can change one.
struct Body {
    /// Header, data, and what follows it, for each chunk; the last one is empty.
    chunks: Vec<(String, Vec<u8>)>,
    trailer: String,
}

impl Body {
    fn new(form: Form, data: &[&[u8]]) -> Self {
        let signer = Signer::default();
        let identity = signer.credentials().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(signer.region)
            .name(signer.service)
            .time(signer.time())
            .settings(())
            .build()
            .unwrap();
        let mut previous = seed(form);
        let mut chunks = Vec::new();
        for chunk in data.iter().copied().chain([b"".as_slice()]) {
            let mut header = format!("{:x}", chunk.len());
            if form != Form::Unsigned {
                let bytes = Bytes::copy_from_slice(chunk);
                previous = v4::sign_chunk(&bytes, &previous, &params)
                    .unwrap()
                    .into_parts()
                    .1;
                header.extend([";chunk-signature=", &previous]);
            }
            chunks.push((header, chunk.to_vec()));
        }
        let trailer = match form {
            Form::Signed => String::new(),
            Form::Unsigned => format!("{CRC}:{CRC_VALUE}\r\n"),
            Form::SignedTrailer => {
                let mut headers = Headers::new();
                headers.insert(CRC, CRC_VALUE);
                let signed = v4::sign_trailer(&headers, &previous, &params).unwrap();
                let signature = signed.into_parts().1;
                format!("{CRC}:{CRC_VALUE}\r\nx-amz-trailer-signature:{signature}\r\n")
            }
        };
        Self { chunks, trailer }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (header, data) in &self.chunks {
            bytes.extend_from_slice(format!("{header}\r\n").as_bytes());
            bytes.extend_from_slice(data);
            if !data.is_empty() {
                bytes.extend_from_slice(b"\r\n");
            }
        }
        bytes.extend_from_slice(self.trailer.as_bytes());
        bytes.extend_from_slice(b"\r\n");
        bytes
    }
}

fn mode(form: Form, decoded_len: Option<u64>) -> ChunkMode {
    let trailer_expected = (form != Form::Signed).then(|| CRC.to_owned());
    ChunkMode {
        signed: verified(form).chunks,
        trailer_expected,
        decoded_len,
    }
}

/// Decodes a body fed in pieces of the given lengths, repeated.
fn decode(mode: ChunkMode, body: &[u8], lens: &[usize]) -> Result<(Vec<u8>, Trailers), ChunkError> {
    let mut decoder = ChunkDecoder::new(mode);
    let mut rest = Bytes::copy_from_slice(body);
    let mut output = Vec::new();
    for len in lens.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        decoder.feed(rest.split_to((*len).min(rest.len())), &mut output)?;
    }
    let trailers = decoder.finish()?;
    Ok((output.concat(), trailers))
}

fn whole(form: Form, decoded_len: u64, body: &[u8]) -> Result<(Vec<u8>, Trailers), ChunkError> {
    decode(mode(form, Some(decoded_len)), body, &[usize::MAX])
}

fn refusal(form: Form, decoded_len: u64, body: &[u8]) -> ChunkError {
    match whole(form, decoded_len, body) {
        Ok(_) => panic!("body should be refused"),
        Err(error) => error,
    }
}

const FORMS: [Form; 3] = [Form::Signed, Form::SignedTrailer, Form::Unsigned];

#[test]
fn valid_body_decodes_in_every_form() {
    for form in FORMS {
        for data in [vec![], vec![b"hello, ".as_slice(), b"world"]] {
            let body = Body::new(form, &data).bytes();
            let expected = data.concat();
            let len = u64::try_from(expected.len()).unwrap();
            let (decoded, trailers) = whole(form, len, &body).unwrap();
            assert_eq!(decoded, expected);
            let checksum = (form != Form::Signed).then(|| (CRC.to_owned(), CRC_VALUE.to_owned()));
            assert_eq!(trailers.checksum, checksum, "{form:?}");
        }
    }
}

#[test]
fn data_is_handed_on_without_a_copy() {
    let body = Bytes::from(Body::new(Form::Unsigned, &[b"hello, world"]).bytes());
    let mut output = Vec::new();
    ChunkDecoder::new(mode(Form::Unsigned, Some(12)))
        .feed(body.clone(), &mut output)
        .unwrap();
    assert!(body.as_ptr_range().contains(&output[0].as_ptr()));
}

#[test]
fn documented_trailer_form_with_lf_crlf_decodes() {
    for form in [Form::SignedTrailer, Form::Unsigned] {
        let mut body = Body::new(form, &[b"data"]);
        body.trailer = body.trailer.replacen("==\r\n", "==\n\r\n", 1);
        let (decoded, trailers) = whole(form, 4, &body.bytes()).unwrap();
        assert_eq!(decoded, b"data");
        assert_eq!(
            trailers.checksum,
            Some((CRC.to_owned(), CRC_VALUE.to_owned()))
        );
    }
}

#[test]
fn row_18_bad_first_middle_or_final_chunk_signature_is_refused() {
    for form in [Form::Signed, Form::SignedTrailer] {
        for bad in 0..3 {
            for replacement in ["0".repeat(64), String::new(), "garbage".to_owned()] {
                let mut body = Body::new(form, &[b"first", b"second"]);
                let (header, _) = &mut body.chunks[bad];
                let (size, _) = header.split_once(';').unwrap();
                *header = format!("{size};chunk-signature={replacement}");
                let error = refusal(form, 11, &body.bytes());
                assert_eq!(error.kind(), ErrorKind::Denied);
                let ChunkError::Signature(AuthError::ChunkSignatureDoesNotMatch { chunk_index }) =
                    error
                else {
                    panic!("{error:?}")
                };
                assert_eq!(chunk_index, u64::try_from(bad).unwrap());
            }
        }
    }
}

#[test]
fn row_18_changed_reordered_dropped_or_unsigned_chunk_is_refused() {
    let mut body = Body::new(Form::Signed, &[b"first", b"secon"]);
    body.chunks[1].1[0] ^= 1;
    assert!(matches!(
        refusal(Form::Signed, 10, &body.bytes()),
        ChunkError::Signature(_)
    ));
    let mut body = Body::new(Form::Signed, &[b"first", b"secon"]);
    body.chunks.swap(0, 1);
    assert!(matches!(
        refusal(Form::Signed, 10, &body.bytes()),
        ChunkError::Signature(_)
    ));
    let mut body = Body::new(Form::Signed, &[b"first", b"secon"]);
    body.chunks.remove(1);
    assert!(matches!(
        refusal(Form::Signed, 5, &body.bytes()),
        ChunkError::Signature(_)
    ));
    let mut body = Body::new(Form::Signed, &[b"first", b"secon"]);
    body.chunks[2].0 = "0".to_owned();
    assert!(matches!(
        refusal(Form::Signed, 10, &body.bytes()),
        ChunkError::UnsignedChunk
    ));
}

#[test]
fn rule_07_versity_1147_bad_or_missing_trailer_signature_is_refused() {
    let form = Form::SignedTrailer;
    let mut body = Body::new(form, &[b"data"]);
    body.trailer = body.trailer.replace(CRC_VALUE, "AAAAAA==");
    let error = refusal(form, 4, &body.bytes());
    assert!(matches!(
        error,
        ChunkError::Signature(AuthError::TrailerSignatureDoesNotMatch)
    ));
    let mut body = Body::new(form, &[b"data"]);
    body.trailer = format!("{CRC}:{CRC_VALUE}\r\n");
    let error = refusal(form, 4, &body.bytes());
    assert!(matches!(
        error,
        ChunkError::MalformedTrailer(TrailerFault::Unsigned)
    ));
    let mut body = Body::new(form, &[b"data"]);
    body.trailer.clear();
    assert!(whole(form, 4, &body.bytes()).is_err());
    let mut body = Body::new(form, &[b"data"]);
    body.trailer.extend([CRC, ":", CRC_VALUE, "\r\n"]);
    let error = refusal(form, 4, &body.bytes());
    assert!(matches!(
        error,
        ChunkError::MalformedTrailer(TrailerFault::AfterSignature)
    ));
}

#[test]
fn row_19_invalid_chunk_size_is_refused() {
    let extension = format!("4;{}", "a".repeat(2048));
    for size in [
        "ffffffffffffffff",
        "10000000000000000",
        "-1",
        "+4",
        "0x5",
        "",
        " 4",
        "4 ",
        "g",
    ] {
        let unsigned = format!("{size}\r\ndata\r\n0\r\n\r\n");
        let error = refusal(Form::Unsigned, 4, unsigned.as_bytes());
        assert!(
            matches!(error, ChunkError::InvalidChunkSize),
            "{size}: {error:?}"
        );
        let signed = format!("{size};chunk-signature={}\r\ndata", "0".repeat(64));
        let error = refusal(Form::Signed, 4, signed.as_bytes());
        assert!(
            matches!(error, ChunkError::InvalidChunkSize),
            "{size}: {error:?}"
        );
    }
    for header in [
        extension.as_str(),
        "4;a=b",
        "4;",
        &"0".repeat(2048),
        "4\n",
        "4\r4",
    ] {
        let body = format!("{header}\r\ndata\r\n0\r\n\r\n");
        let error = refusal(Form::Unsigned, 4, body.as_bytes());
        assert!(
            matches!(error, ChunkError::InvalidChunkSize),
            "{header}: {error:?}"
        );
    }
    // One byte above 16 MiB: a signed chunk is bounded before any of it is read.
    let body = format!("1000001;chunk-signature={}\r\n", "0".repeat(64));
    let error = refusal(Form::Signed, 1 << 40, body.as_bytes());
    assert!(matches!(error, ChunkError::InvalidChunkSize));
}

#[test]
fn row_20_decoded_length_that_differs_from_declared_is_incomplete() {
    for form in FORMS {
        let body = Body::new(form, &[b"data"]).bytes();
        for declared in [0, 3, 5] {
            let error = refusal(form, declared, &body);
            assert!(
                matches!(error, ChunkError::IncompleteBody),
                "{form:?} {declared}: {error:?}"
            );
        }
        assert!(decode(mode(form, None), &body, &[1]).is_ok());
    }
}

#[test]
fn body_cut_anywhere_is_incomplete() {
    for form in FORMS {
        let body = Body::new(form, &[b"first", b"second"]).bytes();
        for len in 0..body.len() {
            let error = refusal(form, 11, &body[..len]);
            assert!(
                matches!(error, ChunkError::IncompleteBody),
                "{form:?} {len}: {error:?}"
            );
        }
    }
}

#[test]
fn body_with_data_after_its_end_is_refused() {
    for form in FORMS {
        let mut body = Body::new(form, &[b"data"]).bytes();
        body.push(b'x');
        assert!(
            matches!(refusal(form, 4, &body), ChunkError::DataAfterEnd),
            "{form:?}"
        );
    }
}

#[test]
fn body_without_crlf_after_chunk_data_is_refused() {
    for end in ["\n\n0", "xx0", "\rx0", "\n0"] {
        let body = format!("4\r\ndata{end}\r\n{CRC}:{CRC_VALUE}\r\n\r\n");
        let error = refusal(Form::Unsigned, 4, body.as_bytes());
        assert!(
            matches!(error, ChunkError::InvalidFraming),
            "{end:?}: {error:?}"
        );
    }
}

#[test]
fn row_21_trailer_not_as_announced_is_malformed() {
    let long = format!("{CRC}:{}\r\n", "A".repeat(2048));
    for (trailer, fault) in [
        ("", TrailerFault::Missing),
        ("x-amz-checksum-sha1:a\r\n", TrailerFault::NotAnnounced),
        (
            "x-amz-checksum-crc32:a\r\nx-amz-checksum-crc32:a\r\n",
            TrailerFault::Repeated,
        ),
        (
            "x-amz-checksum-crc32:a\r\nx-amz-checksum-sha1:a\r\n",
            TrailerFault::NotAnnounced,
        ),
        (
            "x-amz-checksum-crc32:a\r\nx-amz-trailer-signature:a\r\n",
            TrailerFault::NotAnnounced,
        ),
        ("x-amz-checksum-crc32\r\n", TrailerFault::Syntax),
        ("x-amz-checksum-crc32:\u{7f}\r\n", TrailerFault::Syntax),
        ("x-amz-checksum-crc32:a\rb\r\n", TrailerFault::Syntax),
        (
            "x-amz-checksum-crc32:a\nx-amz-checksum-crc32:a\r\n",
            TrailerFault::Syntax,
        ),
        (&long, TrailerFault::Syntax),
    ] {
        let body = format!("4\r\ndata\r\n0\r\n{trailer}\r\n");
        match refusal(Form::Unsigned, 4, body.as_bytes()) {
            ChunkError::MalformedTrailer(found) => assert_eq!(found, fault, "{trailer:?}"),
            error => panic!("{trailer:?}: {error:?}"),
        }
    }
    let unannounced = ChunkMode {
        signed: None,
        trailer_expected: None,
        decoded_len: Some(4),
    };
    let body = Body::new(Form::Unsigned, &[b"data"]).bytes();
    let error = decode(unannounced, &body, &[7]).expect_err("not announced");
    assert!(matches!(
        error,
        ChunkError::MalformedTrailer(TrailerFault::NotAnnounced)
    ));
}

#[test]
fn decoder_refuses_everything_after_an_error() {
    let mut decoder = ChunkDecoder::new(mode(Form::Unsigned, Some(4)));
    let mut output = Vec::new();
    assert!(
        decoder
            .feed(Bytes::from_static(b"zz\r\n"), &mut output)
            .is_err()
    );
    let good = Body::new(Form::Unsigned, &[b"data"]).bytes();
    let again = decoder.feed(Bytes::from(good), &mut output);
    assert!(matches!(again, Err(ChunkError::AlreadyRefused)));
    assert!(matches!(decoder.finish(), Err(ChunkError::AlreadyRefused)));
    assert!(output.is_empty());
}

#[test]
fn rule_11_debug_of_decoder_holds_no_signature() {
    let body = Body::new(Form::Signed, &[b"data"]);
    let text = format!("{:?}", ChunkDecoder::new(mode(Form::Signed, None)));
    assert!(text.contains(SCOPE));
    assert!(!text.contains(&seed(Form::Signed)), "{text}");
    assert!(!text.contains(body.chunks[0].0.split_once('=').unwrap().1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn valid_body_decodes_equally_however_it_is_split(
        data in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..200), 0..4),
        lens in proptest::collection::vec(1_usize..90, 1..20),
        form in prop_oneof![Just(Form::Signed), Just(Form::SignedTrailer), Just(Form::Unsigned)],
    ) {
        let chunks: Vec<&[u8]> = data.iter().map(Vec::as_slice).collect();
        let body = Body::new(form, &chunks).bytes();
        let expected = data.concat();
        let len = u64::try_from(expected.len()).unwrap();
        let (decoded, trailers) = decode(mode(form, Some(len)), &body, &lens).unwrap();
        prop_assert_eq!(decoded, expected);
        prop_assert_eq!(trailers.checksum.is_some(), form != Form::Signed);
    }

    #[test]
    fn signed_body_with_one_changed_byte_is_refused(
        at in any::<prop::sample::Index>(),
        bit in 0_u32..8,
    ) {
        let mut body = Body::new(Form::SignedTrailer, &[b"first", b"second"]).bytes();
        let at = at.index(body.len());
        let before = body[at];
        body[at] ^= 1_u8 << bit;
        // Letter case of hexadecimal sizes and of trailer names carries no meaning.
        prop_assume!(!before.eq_ignore_ascii_case(&body[at]));
        prop_assert!(whole(Form::SignedTrailer, 11, &body).is_err(), "{}", body.escape_ascii());
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_never_finish_signed(
        body in proptest::collection::vec(any::<u8>(), 0..400),
        lens in proptest::collection::vec(1_usize..50, 1..5),
    ) {
        prop_assert!(decode(mode(Form::Signed, None), &body, &lens).is_err());
        drop(decode(mode(Form::Unsigned, None), &body, &lens));
    }
}
