//! One HTTP/1.1 connection that is kept alive.
//!
//! Owns: opening it, one exchange at a time, giving it up after a fault. Not here: what is asked
//! and what the answer means (`client`), sockets (`endpoint`).
//!
//! The worker polls hyper's connection itself, beside its own exchange, instead of leaving it to a
//! second task: no task is woken by another, which is a good part of what a small request costs.

use crate::bench::body::RequestBody;
use crate::bench::endpoint::Endpoint;
use crate::bench::fault::Fault;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::http::response::Parts;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;

/// What hyper holds of an answer at most. Its own bound is 400 KiB, for each connection.
const BUFFER_LEN_MAX: usize = 128 * 1024;

/// hyper's half of a connection: completes when the connection has ended.
type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Takes an answer as it comes.
pub(super) trait Receiver {
    /// The head.
    fn head(&mut self, head: &Parts);
    /// The next bytes of the body.
    fn piece(&mut self, bytes: &[u8]);
}

struct Open {
    sender: SendRequest<RequestBody>,
    driver: Option<Driver>,
}

/// A connection; opened when it is needed.
pub(super) struct Connection {
    endpoint: Arc<Endpoint>,
    open: Option<Open>,
}

impl Connection {
    /// A connection to be.
    pub(super) fn new(endpoint: Arc<Endpoint>) -> Self {
        Self {
            endpoint,
            open: None,
        }
    }

    /// Sends a request and hands the whole answer to the receiver.
    ///
    /// # Errors
    /// `Connect` and `Closed`.
    ///
    /// # Cancel safety
    /// Dropping the future gives the connection up; the request may have been carried out.
    pub(super) async fn exchange(
        &mut self,
        request: Request<RequestBody>,
        receiver: &mut (impl Receiver + Send),
    ) -> Result<(), Fault> {
        let mut open = match self.reusable().await {
            Some(open) => open,
            None => connect(&self.endpoint).await?,
        };
        let work = converse(&mut open.sender, request, receiver);
        let result = driven(&mut open.driver, work).await;
        if result.is_ok() && open.driver.is_some() {
            self.open = Some(open);
        }
        result
    }

    /// The open connection, unless the server has ended it meanwhile.
    async fn reusable(&mut self) -> Option<Open> {
        let mut open = self.open.take()?;
        let ready = driven(&mut open.driver, open.sender.ready()).await;
        ready.is_ok().then_some(open)
    }
}

async fn connect(endpoint: &Endpoint) -> Result<Open, Fault> {
    let socket = endpoint.connect().await.map_err(Fault::Connect)?;
    let mut builder = http1::Builder::new();
    builder.max_buf_size(BUFFER_LEN_MAX);
    let made = builder.handshake(TokioIo::new(socket)).await;
    let (sender, connection) = made.map_err(Fault::Closed)?;
    let driver = async move {
        // The exchange that it breaks off tells the same.
        drop(connection.await);
    };
    Ok(Open {
        sender,
        driver: Some(Box::pin(driver)),
    })
}

/// Runs `work`, and the connection beside it.
async fn driven<T>(driver: &mut Option<Driver>, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    poll_fn(|context| {
        if let Some(running) = driver
            && running.as_mut().poll(context).is_ready()
        {
            *driver = None;
        }
        work.as_mut().poll(context)
    })
    .await
}

async fn converse(
    sender: &mut SendRequest<RequestBody>,
    request: Request<RequestBody>,
    receiver: &mut (impl Receiver + Send),
) -> Result<(), Fault> {
    let response: Response<Incoming> = sender.send_request(request).await.map_err(Fault::Closed)?;
    let (head, mut body) = response.into_parts();
    receiver.head(&head);
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        if let Ok(bytes) = frame.map_err(Fault::Closed)?.into_data() {
            receiver.piece(&bytes);
        }
    }
    Ok(())
}
