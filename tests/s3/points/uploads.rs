//! A multipart upload over raw requests, for the tests of this folder.

use crate::raw::{Account, Answer, Request};

/// The smallest part that may stand before another.
pub(crate) const PART_LEN: usize = 5 * 1024 * 1024;

/// Bytes that differ by seed and position.
pub(crate) fn bytes(seed: u8, len: usize) -> Vec<u8> {
    (0_u32..)
        .map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3] ^ seed)
        .take(len)
        .collect()
}

/// An upload that was created.
#[derive(Debug)]
pub(crate) struct Upload<'a> {
    /// Whose it is.
    pub(crate) account: &'a Account,
    /// `/bucket/key`
    pub(crate) target: String,
    /// The upload id.
    pub(crate) id: String,
}

impl<'a> Upload<'a> {
    pub(crate) fn create(account: &'a Account, target: &str) -> Self {
        Self::create_with(account, target, &[])
    }

    /// Creates an upload with headers.
    pub(crate) fn create_with(
        account: &'a Account,
        target: &str,
        headers: &[(&str, &str)],
    ) -> Self {
        let mut create = account.request("POST", &format!("{target}?uploads"));
        for (name, value) in headers {
            create = create.header(name, value);
        }
        let answer = create.send().expect(200);
        let id = answer.text("UploadId").expect("an upload id");
        Self {
            account,
            target: target.to_owned(),
            id,
        }
    }

    fn part_target(&self, number: u32) -> String {
        format!("{}?partNumber={number}&uploadId={}", self.target, self.id)
    }

    /// The request of a part, for more headers.
    pub(crate) fn part_request(&self, number: u32, body: &[u8]) -> Request {
        self.account
            .request("PUT", &self.part_target(number))
            .body(body)
    }

    /// Sends a part; its ETag.
    pub(crate) fn part(&self, number: u32, body: &[u8]) -> String {
        let answer = self.part_request(number, body).send().expect(200);
        answer.header("etag").expect("an ETag").to_owned()
    }

    /// The document that completes an upload of these parts.
    pub(crate) fn document(parts: &[(u32, &str)]) -> String {
        let part = |(number, etag): &(u32, &str)| {
            let etag = etag.replace('"', "&quot;");
            format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
        };
        let parts: Vec<String> = parts.iter().map(part).collect();
        let parts = parts.concat();
        format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>")
    }

    /// The request that completes with a document, for more headers.
    pub(crate) fn complete_request(&self, document: &str) -> Request {
        let target = format!("{}?uploadId={}", self.target, self.id);
        self.account.request("POST", &target).body(document)
    }

    /// Completes.
    pub(crate) fn complete(&self, parts: &[(u32, &str)]) -> Answer {
        self.complete_request(&Self::document(parts)).send()
    }

    pub(crate) fn abort(&self) -> Answer {
        let target = format!("{}?uploadId={}", self.target, self.id);
        self.account.delete(&target)
    }

    pub(crate) fn list(&self, more: &str) -> Answer {
        let target = format!("{}?uploadId={}{more}", self.target, self.id);
        self.account.get(&target)
    }

    /// An object of parts of these lengths, numbered from 1; its bytes.
    pub(crate) fn object(account: &'a Account, target: &str, lens: &[usize]) -> Vec<u8> {
        let upload = Self::create(account, target);
        let mut whole = Vec::new();
        let mut listed = Vec::new();
        for (number, len) in (1_u8..).zip(lens) {
            let body = bytes(number, *len);
            listed.push((u32::from(number), upload.part(number.into(), &body)));
            whole.extend_from_slice(&body);
        }
        let listed: Vec<(u32, &str)> = listed.iter().map(|(n, etag)| (*n, &**etag)).collect();
        upload.complete(&listed).expect(200);
        whole
    }
}
