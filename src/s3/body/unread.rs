//! What is left of a chunked body when its request is answered.
//!
//! actix drains the rest of a chunked body whose reader has gone, to use the connection again, and
//! waits for it without end: a client that stalls in mid-body would hold its connection for ever.
//! While the reader is there, actix closes the connection after the answer, within the time that it
//! gives a client to go. So the reader is kept until the answer has been sent.
//!
//! Owns: keeping it. Not here: reading it (`s3::body::bridge`).

use crate::gateway::fairness::Visit;
use crate::s3::tally::Bill;
use actix_http::body::{BodySize, BoxBody, MessageBody};
use actix_http::error::PayloadError;
use actix_http::{BoxedPayloadStream, HttpMessage, Payload, Request, Response};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use std::cell::RefCell;
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// The body of a request, to be kept until its answer has been sent.
pub struct Unread {
    payload: Option<Rc<RefCell<Payload>>>,
}

impl fmt::Debug for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unread(is_kept={})", self.payload.is_some())
    }
}

impl Unread {
    /// Takes the body of a request: for its reader, and to be kept.
    pub fn take(request: &mut Request) -> (Payload, Self) {
        let is_chunked = request.headers().contains_key("transfer-encoding");
        let payload = request.take_payload();
        if !is_chunked {
            return (payload, Self { payload: None });
        }
        let payload = Rc::new(RefCell::new(payload));
        let reader: BoxedPayloadStream = Box::pin(Reader(Rc::clone(&payload)));
        let kept = Self {
            payload: Some(payload),
        };
        (Payload::from(reader), kept)
    }

    /// Keeps the body as long as the answer's, and what else has to last as long.
    pub fn until_sent(
        self,
        response: Response<BoxBody>,
        visit: Visit,
        bill: Option<Bill>,
    ) -> Response<BoxBody> {
        if self.payload.is_none() && !visit.is_counted() && bill.is_none() {
            return response;
        }
        response.map_body(|_, body| {
            BoxBody::new(Keeping {
                body,
                _payload: self.payload,
                _visit: visit,
                bill,
            })
        })
    }
}

/// The reader's end.
struct Reader(Rc<RefCell<Payload>>);

impl Stream for Reader {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.borrow_mut().poll_next_unpin(context)
    }
}

/// The answer's body, and with it the request's.
struct Keeping {
    body: BoxBody,
    _payload: Option<Rc<RefCell<Payload>>>,
    _visit: Visit,
    bill: Option<Bill>,
}

impl MessageBody for Keeping {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_next(context);
        if let (Poll::Ready(Some(Ok(bytes))), Some(bill)) = (&polled, &mut self.bill) {
            bill.sent(bytes);
        }
        polled
    }
}
