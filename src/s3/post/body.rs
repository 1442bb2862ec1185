//! The body of a form on its way in: first the fields, which are gathered, then the file, which is
//! handed on while it arrives.
//!
//! Owns: the bound on all that is ahead of the file, the demand for one file, the range of its
//! length. Not here: the decoder (`decoder`), patience with slow clients (`s3::body::bridge`).

use crate::base::channel::BodySender;
use crate::base::limits::{FORM_FIELDS_LEN_MAX, FORM_LEN_MAX};
use crate::gateway::digests::BodyEnd;
use crate::s3::body::bridge::{Patience, Waiting};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::post::decoder::{FormDecoder, FormEvent};
use crate::s3::post::fields::{Fields, too_long};
use crate::s3::post::head::PartHead;
use crate::s3::post::policy::LengthRange;
use actix_http::Payload;
use std::collections::VecDeque;
use std::fmt;

/// The body of a form.
pub struct FormBody<'a> {
    payload: Payload,
    decoder: FormDecoder,
    events: VecDeque<FormEvent>,
    waiting: Waiting,
    patience: &'a Patience,
    /// Bytes of the body, as the request declares them.
    declared_len: Option<u64>,
    /// Bytes ahead of the file, when it has begun.
    file_offset: Option<u64>,
}

impl fmt::Debug for FormBody<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormBody")
            .field("decoder", &self.decoder)
            .finish_non_exhaustive()
    }
}

impl<'a> FormBody<'a> {
    /// The body of a form with this boundary.
    pub fn new(
        payload: Payload,
        boundary: &str,
        patience: &'a Patience,
        declared_len: Option<u64>,
    ) -> Self {
        Self {
            payload,
            decoder: FormDecoder::new(boundary),
            events: VecDeque::new(),
            waiting: Waiting::default(),
            patience,
            declared_len,
            file_offset: None,
        }
    }

    /// What comes next; `None` behind the end.
    async fn next(&mut self) -> Result<Option<FormEvent>, S3Error> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(Some(event));
            }
            if self.file_offset.is_none() {
                // Without a file all that was seen is ahead of it, whatever it is.
                bound(self.decoder.seen())?;
            }
            let arrival = self.waiting.next(&mut self.payload, self.patience).await?;
            let Some(arrival) = arrival else {
                self.decoder.finish()?;
                return Ok(None);
            };
            self.decoder.feed(arrival, &mut self.events)?;
        }
    }

    /// Reads the fields ahead of the file, and its head.
    ///
    /// # Errors
    /// `MaxPostPreDataLengthExceeded`; `InvalidArgument` without a file; `MalformedPOSTRequest`; as
    /// [`Fields::new`]; as the wire fails.
    pub async fn fields(&mut self) -> Result<Fields, S3Error> {
        let mut raw: Vec<(String, Vec<u8>)> = Vec::new();
        let mut len = 0_usize;
        loop {
            match self.next().await? {
                Some(FormEvent::Part { head, offset }) => {
                    bound(offset)?;
                    if head.is_file() {
                        self.file_offset = Some(offset);
                        return Fields::new(raw, head.filename.as_deref());
                    }
                    raw.push((head.name, Vec::new()));
                }
                Some(FormEvent::Data(data)) => {
                    len = len.saturating_add(data.len());
                    if len > FORM_FIELDS_LEN_MAX {
                        return Err(too_long());
                    }
                    if let Some((_, value)) = raw.last_mut() {
                        value.extend_from_slice(&data);
                    }
                }
                Some(FormEvent::End) | None => return Err(no_file()),
            }
        }
    }

    /// Hands the file on, and reads what is behind it: fields there do not count, but a second file
    /// does, and the final boundary, without which nothing is stored.
    ///
    /// # Errors
    /// `EntityTooLarge`, `EntityTooSmall`; `IncorrectNumberOfFilesInPostRequest`;
    /// `MalformedPOSTRequest`; as the wire fails.
    pub async fn pump(
        mut self,
        range: LengthRange,
        sender: BodySender<BodyEnd>,
    ) -> Result<(), S3Error> {
        let mut len = 0_u64;
        let mut is_in_file = true;
        while let Some(event) = self.next().await? {
            match event {
                FormEvent::Data(data) if is_in_file => {
                    len = len.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
                    if len > range.max {
                        return Err(self.too_large(len, range));
                    }
                    if sender.send(data).await.is_err() {
                        // The consumer failed: its error is the answer.
                        return Ok(());
                    }
                }
                FormEvent::Part { head, .. } => {
                    refuse_second_file(&head)?;
                    is_in_file = false;
                }
                // Behind the file nothing is kept, but it has to end.
                FormEvent::Data(_) | FormEvent::End => self.refuse_endless()?,
            }
        }
        if len < range.min {
            return Err(too_small(len, range));
        }
        drop(sender.finish(BodyEnd::default()).await);
        Ok(())
    }

    /// A body whose length nobody has told is no longer than one whose length is.
    fn refuse_endless(&self) -> Result<(), S3Error> {
        if self.decoder.seen() > FORM_LEN_MAX {
            return Err(S3Error::new(S3ErrorCode::EntityTooLarge).close());
        }
        Ok(())
    }

    /// The file need not come whole for that: what it would have had is told by the request's
    /// length.
    fn too_large(&self, len: u64, range: LengthRange) -> S3Error {
        let ahead = self.file_offset.unwrap_or_default();
        let around = ahead.saturating_add(self.decoder.closing_len());
        let declared = self.declared_len.unwrap_or_default();
        let proposed = declared.saturating_sub(around).max(len);
        S3Error::new(S3ErrorCode::EntityTooLarge)
            .message("Your proposed upload exceeds the maximum allowed size".to_owned())
            .with("ProposedSize", proposed.to_string())
            .with("MaxSizeAllowed", range.max.to_string())
            .close()
    }
}

fn too_small(len: u64, range: LengthRange) -> S3Error {
    S3Error::new(S3ErrorCode::EntityTooSmall)
        .message("Your proposed upload is smaller than the minimum allowed size".to_owned())
        .with("ProposedSize", len.to_string())
        .with("MinSizeAllowed", range.min.to_string())
}

fn bound(len: u64) -> Result<(), S3Error> {
    let is_short = usize::try_from(len).is_ok_and(|len| len <= FORM_FIELDS_LEN_MAX);
    is_short.then_some(()).ok_or_else(too_long)
}

fn no_file() -> S3Error {
    let text = S3ErrorCode::IncorrectNumberOfFilesInPostRequest.message();
    S3Error::argument("file", "0", text)
}

fn refuse_second_file(head: &PartHead) -> Result<(), S3Error> {
    if head.is_file() {
        let code = S3ErrorCode::IncorrectNumberOfFilesInPostRequest;
        return Err(S3Error::new(code).close());
    }
    Ok(())
}
