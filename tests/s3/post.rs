//! Browsers' forms as a test wants them: policy, signature, parts, each of which can be spoilt.
//!
//! Owns: signing by the letter of AWS's documentation, the multipart body as browsers write it. Not
//! here: expectations.

use crate::raw::{Account, Answer, Request, amz_date, now};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

pub(crate) const BOUNDARY: &str = "----WebKitFormBoundaryAbC123";

/// A form in the making.
#[derive(Clone, Debug)]
pub(crate) struct PostForm {
    account: Account,
    target: String,
    bucket: String,
    /// Names and values, in order, ahead of the policy and its signature.
    fields: Vec<(String, String)>,
    conditions: Vec<Value>,
    expires_seconds: i64,
    age_seconds: i64,
    policy: Option<String>,
    file: Vec<u8>,
    filename: Option<String>,
    is_anonymous: bool,
}

/// A part as it is written.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) filename: Option<String>,
    pub(crate) value: Vec<u8>,
}

/// A form as it is sent; every part can be changed after it was signed.
#[derive(Clone, Debug)]
pub(crate) struct SignedForm {
    account: Account,
    pub(crate) target: String,
    pub(crate) parts: Vec<Part>,
}

/// `2026-11-23T10:00:00Z`, so many seconds from now.
pub(crate) fn date_in(seconds: i64) -> String {
    let at = now() + time::Duration::seconds(seconds);
    let at = at.replace_nanosecond(0).expect("a second");
    at.format(&Rfc3339).expect("a date")
}

fn base64(bytes: &[u8]) -> String {
    riznica::base::encoding::base64_encode(bytes)
}

impl PostForm {
    /// A form to a bucket, whose policy covers what [`PostForm::field`] adds.
    pub(crate) fn new(account: &Account, bucket: &str) -> Self {
        let form = Self {
            account: account.clone(),
            target: format!("/{bucket}"),
            bucket: bucket.to_owned(),
            fields: Vec::new(),
            conditions: vec![json!({"bucket": bucket})],
            expires_seconds: 600,
            age_seconds: 0,
            policy: None,
            file: b"the file".to_vec(),
            filename: Some("file.txt".to_owned()),
            is_anonymous: false,
        };
        match &account.token {
            None => form,
            Some(token) => form.field("x-amz-security-token", token),
        }
    }

    /// A form of an object.
    pub(crate) fn of(account: &Account, bucket: &str, object_key: &str) -> Self {
        Self::new(account, bucket).field("key", object_key)
    }

    /// Adds a field, and a condition for it.
    pub(crate) fn field(mut self, name: &str, value: &str) -> Self {
        self.conditions.push(json!({name: value}));
        self.bare(name, value)
    }

    /// Adds a field without a condition.
    pub(crate) fn bare(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a condition.
    pub(crate) fn condition(mut self, condition: Value) -> Self {
        self.conditions.push(condition);
        self
    }

    /// Takes all conditions away.
    pub(crate) fn without_conditions(mut self) -> Self {
        self.conditions.clear();
        self
    }

    /// Seconds that the policy lives.
    pub(crate) fn expires_in(mut self, seconds: i64) -> Self {
        self.expires_seconds = seconds;
        self
    }

    /// Is signed as if it were so many seconds ago.
    pub(crate) fn aged(mut self, seconds: i64) -> Self {
        self.age_seconds = seconds;
        self
    }

    /// The whole text of the policy, instead of the one that the conditions make.
    pub(crate) fn policy(mut self, text: &str) -> Self {
        self.policy = Some(text.to_owned());
        self
    }

    pub(crate) fn file(mut self, file: impl Into<Vec<u8>>) -> Self {
        self.file = file.into();
        self
    }

    pub(crate) fn filename(mut self, filename: Option<&str>) -> Self {
        self.filename = filename.map(str::to_owned);
        self
    }

    /// Nobody signs it, and it has no policy.
    pub(crate) fn anonymous(mut self) -> Self {
        self.is_anonymous = true;
        self
    }

    pub(crate) fn sign(self) -> SignedForm {
        let mut fields = self.fields;
        if !self.is_anonymous {
            let date = amz_date(self.age_seconds);
            let scope = Account::scope(&date);
            let credential = format!("{}/{scope}", self.account.access_key_id);
            let own = [
                ("x-amz-algorithm", "AWS4-HMAC-SHA256"),
                ("x-amz-credential", &*credential),
                ("x-amz-date", &*date),
            ];
            let mut conditions = self.conditions;
            conditions.extend(own.iter().map(|(name, value)| json!({*name: value})));
            let expiration = date_in(self.expires_seconds);
            let document = json!({"expiration": expiration, "conditions": conditions});
            let text = self.policy.unwrap_or_else(|| document.to_string());
            let text = text
                .replace("{expiration}", &expiration)
                .replace("{bucket}", &self.bucket);
            let policy = base64(text.as_bytes());
            let signature = self.account.signature(&date, &policy);
            let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
            fields.extend(own);
            fields.push(("policy".to_owned(), policy));
            fields.push(("x-amz-signature".to_owned(), signature));
        }
        let parts = fields.into_iter().map(|(name, value)| Part {
            name,
            filename: None,
            value: value.into_bytes(),
        });
        let mut parts: Vec<Part> = parts.collect();
        parts.push(Part {
            name: "file".to_owned(),
            filename: self.filename,
            value: self.file,
        });
        SignedForm {
            account: self.account,
            target: self.target,
            parts,
        }
    }

    pub(crate) fn send(self) -> Answer {
        self.sign().send()
    }
}

impl SignedForm {
    /// Replaces or adds a field, ahead of the file.
    pub(crate) fn set(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        let value = value.into();
        if let Some(part) = self.parts.iter_mut().find(|part| part.name == name) {
            part.value = value;
            return self;
        }
        let part = Part {
            name: name.to_owned(),
            filename: None,
            value,
        };
        let behind_fields = self.parts.len() - 1;
        self.parts.insert(behind_fields, part);
        self
    }

    pub(crate) fn rename(mut self, name: &str, other: &str) -> Self {
        let mut parts = self.parts.iter_mut();
        let part = parts.find(|part| part.name == name);
        other.clone_into(&mut part.expect("the field").name);
        self
    }

    pub(crate) fn remove(mut self, name: &str) -> Self {
        self.parts.retain(|part| part.name != name);
        self
    }

    /// Adds a part behind the file.
    pub(crate) fn behind(mut self, name: &str, value: &str) -> Self {
        self.parts.push(Part {
            name: name.to_owned(),
            filename: None,
            value: value.as_bytes().to_vec(),
        });
        self
    }

    pub(crate) fn value(&self, name: &str) -> String {
        let part = self.parts.iter().find(|part| part.name == name);
        String::from_utf8(part.expect("the field").value.clone()).expect("text")
    }

    /// The body as browsers write it.
    pub(crate) fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for part in &self.parts {
            let filename = part.filename.as_deref();
            let filename = filename.map(|filename| format!("; filename=\"{filename}\""));
            let filename = filename.unwrap_or_default();
            let head = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{}\"{filename}\r\n\r\n",
                part.name
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(&part.value);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        body
    }

    /// The request, for the test to spoil.
    pub(crate) fn request(&self) -> Request {
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        let request = self.account.request("POST", &self.target).anonymous();
        request
            .header("content-type", &content_type)
            .body(self.body())
    }

    /// The request, with another target.
    pub(crate) fn sent_to(mut self, target: &str) -> Request {
        target.clone_into(&mut self.target);
        self.request()
    }

    pub(crate) fn port(&self) -> u16 {
        self.account.port
    }

    pub(crate) fn send(&self) -> Answer {
        self.request().send()
    }
}
