//! Browsers' forms. Input: a form whose boundary is `b`; the same bytes are also a file, and the
//! head of a part.

use bytes::Bytes;
use riznica::auth::RequestView;
use riznica::s3::post::decoder::{FormDecoder, FormEvent};
use riznica::s3::post::error::FormError;
use riznica::s3::post::fields::Fields;
use riznica::s3::post::head::{BodyType, PartHead, body_type};
use std::collections::VecDeque;

/// A part with its contents.
type Part = (PartHead, Vec<u8>);

pub fn run(data: &[u8]) {
    let whole = decode(data, data.len());
    for piece_len in [1, 7, 64] {
        // The network's cuts do not matter.
        assert_eq!(decode(data, piece_len), whole);
    }
    if let Ok(parts) = whole {
        fields(parts);
    }
    file(data);
    head(data);
}

fn decode(form: &[u8], piece_len: usize) -> Result<Vec<Part>, FormError> {
    let mut decoder = FormDecoder::new("b");
    let mut events = VecDeque::new();
    let mut outcome = Ok(());
    for piece in form.chunks(piece_len.max(1)) {
        outcome = outcome.and_then(|()| decoder.feed(Bytes::copy_from_slice(piece), &mut events));
    }
    outcome?;
    decoder.finish()?;
    assert_eq!(decoder.seen(), form.len() as u64);
    let (mut parts, mut end_count, mut last_offset) = (Vec::<Part>::new(), 0, 0);
    for event in events {
        assert_eq!(end_count, 0, "nothing comes behind the end");
        match event {
            FormEvent::Part { head, offset } => {
                assert!(last_offset < offset && offset <= form.len() as u64);
                last_offset = offset;
                parts.push((head, Vec::new()));
            }
            FormEvent::Data(data) => {
                let (_, contents) = parts.last_mut().expect("a part has begun");
                contents.extend_from_slice(&data);
            }
            FormEvent::End => end_count += 1,
        }
    }
    assert_eq!(end_count, 1);
    let delimiter = b"\r\n--b";
    for (_, contents) in &parts {
        assert!(
            !contents
                .windows(delimiter.len())
                .any(|own| own == delimiter)
        );
    }
    Ok(parts)
}

/// Fields that are taken have each name once, and make headers that end no line.
fn fields(parts: Vec<Part>) {
    let filename = parts.iter().find_map(|(head, _)| head.filename.clone());
    let raw = parts
        .into_iter()
        .map(|(head, contents)| (head.name, contents));
    let Ok(fields) = Fields::new(raw.collect(), filename.as_deref()) else {
        return;
    };
    let mut names: Vec<&str> = fields.names().collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    let request = RequestView {
        method: "POST",
        path: "/bucket",
        query: "",
        headers: vec![("host", b"h"), ("x-amz-acl", b"public-read")],
        secure: true,
    };
    let Ok(view) = fields.view(&request) else {
        return;
    };
    assert_eq!(view.header("host"), Some(&b"h"[..]));
    for (name, value) in &view.headers {
        assert!(!value.iter().any(|byte| b"\r\n\0".contains(byte)), "{name}");
        let is_own = *name != "x-amz-acl" || fields.get("acl").is_some();
        assert!(
            is_own || fields.get(name).is_some(),
            "a header of the request's"
        );
    }
}

/// Bytes that are framed as a file come back.
fn file(data: &[u8]) {
    let delimiter = b"\r\n--b";
    let head = b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n";
    let form = [&head[..], data, b"\r\n--b--\r\n"].concat();
    let mut found = form.windows(delimiter.len()).enumerate();
    let first = found.find(|(_, own)| own == delimiter).map(|(at, _)| at);
    if first != Some(head.len() + data.len()) {
        return;
    }
    let parts = decode(&form, 13).expect("a form");
    let [(head, contents)] = parts.as_slice() else {
        panic!("one part");
    };
    assert!(head.is_file() && head.filename.as_deref() == Some("f"));
    assert_eq!(contents, data);
}

/// What a head says, it says again when it is written as browsers write it.
fn head(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let BodyType::Form(boundary) = body_type(text)
    {
        assert!((1..=70).contains(&boundary.len()) && boundary.is_ascii());
    }
    let Ok(head) = PartHead::parse(data) else {
        return;
    };
    assert!(!head.name.bytes().any(|byte| byte.is_ascii_uppercase()));
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let filename = head.filename.as_deref().map(quoted);
    let filename = filename.map(|text| format!("; filename=\"{text}\""));
    let written = format!(
        "Content-Disposition: form-data; name=\"{}\"{}",
        quoted(&head.name),
        filename.unwrap_or_default()
    );
    assert_eq!(PartHead::parse(written.as_bytes()), Ok(head));
}
