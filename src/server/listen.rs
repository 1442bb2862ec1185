//! Sockets, workers, and the end: requests in flight finish, background tasks stop, the engine
//! closes last.

use crate::admin::app::{AdminState, configure};
use crate::admin::gate;
use crate::base::task::Supervisor;
use crate::config::Config;
use crate::control::error::ControlError;
use crate::s3::app as s3;
use crate::server::compose::{self, Parts};
use crate::server::error::StartupError;
use crate::server::open_files::connections_that_fit;
use crate::server::tls::ReloadingCertificate;
use crate::storage::RocksEngine;
use actix_http::body::BoxBody;
use actix_http::{HttpServiceBuilder, Request, Response, TlsAcceptorConfig};
use actix_server::{GracefulShutdownSignal, Server, ServerHandle};
use actix_service::{Service, ServiceFactory, fn_service};
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use futures::FutureExt;
use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};

/// Connections of the admin listener.
const ADMIN_CONNECTIONS_MAX: usize = 64;

/// How long a closed connection is read on, so that a client that still sends reads its answer.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections that wait to be accepted; the kernel's own bound (`net.core.somaxconn`) holds too.
/// With the standard library's 128 a few hundred clients that come back at once find no place, and
/// try again after a second.
const BACKLOG: i32 = 4096;

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// `StartupError` when something cannot be opened; its text says what to do.
pub async fn serve(config: Config, runtime: Handle) -> Result<(), StartupError> {
    let listener = bind(config.listen)?;
    let admin_listener = bind(config.admin_listen)?;
    let parts = compose::open(&config, &runtime).await?;
    let outcome = run(&config, &parts, (listener, admin_listener), &runtime).await;
    parts.engine.close().await;
    tracing::info!("stopped");
    outcome
}

fn bind(address: SocketAddr) -> Result<TcpListener, StartupError> {
    let bound = || {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        // A second `listen` on a socket changes its backlog alone.
        rustix::net::listen(&listener, BACKLOG)?;
        Ok(listener)
    };
    bound().map_err(|source| StartupError::Listen { address, source })
}

async fn run(
    config: &Config,
    parts: &Parts,
    listeners: (TcpListener, TcpListener),
    runtime: &Handle,
) -> Result<(), StartupError> {
    if config.raw.storage.engine == "rocksdb" && !parts.control().is_initialised().await? {
        return Err(StartupError::NotInitialised {
            path: config.data_dir.clone(),
        });
    }
    // Before anything is served: from now on no start believes the wall clock.
    let begun = parts.retention_clock.begin().await;
    begun.map_err(ControlError::from)?;
    for error in parts.control().faulty_templates() {
        tracing::warn!(%error, "tenants cannot be created with this template");
    }
    let mut supervisor = Supervisor::new(runtime.clone());
    let keeper = parts.clock_keeper(config);
    supervisor.start("retention clock", |stop| keeper.run(stop));
    let watch = parts.quota_watch(config);
    supervisor.start("quota watch", |stop| watch.run(stop));
    let used = parts.last_used_keeper();
    supervisor.start("times of last use", |stop| used.run(stop));
    let usage = parts.usage_keeper(config);
    supervisor.start("usage", |stop| usage.run(stop));
    let sweep = parts.sweep(config);
    supervisor.start("sweep", |stop| sweep.run(stop));
    let state = Arc::new(parts.s3_state(config));
    let lifecycle = parts.lifecycle(config, state.gateway.clone());
    supervisor.start_alone("lifecycle", |stop| lifecycle.run(stop));
    let s3_server = s3_server(config, (parts, state), listeners.0, &mut supervisor)?;
    let admin_server = admin_server(parts, listeners.1)?;
    let scheme = if config.tls.is_some() {
        "https"
    } else {
        "http"
    };
    tracing::info!(
        s3 = format!("{scheme}://{}", config.listen),
        admin = format!("http://{}", config.admin_listen),
        data_dir = %config.data_dir.display(),
        engine = parts.engine.caps().name,
        version = env!("CARGO_PKG_VERSION"),
        "serving"
    );
    let handles = [s3_server.handle(), admin_server.handle()];
    let stopped = stop_on_signal(handles);
    let (s3, admin, signalled) = futures::join!(s3_server, admin_server, stopped);
    supervisor.shutdown().await;
    signalled?;
    s3.and(admin).map_err(StartupError::Serve)
}

/// Stops both servers gracefully: no new connections, requests in flight finish within the grace.
async fn stop_on_signal(handles: [ServerHandle; 2]) -> Result<(), StartupError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(StartupError::Runtime)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(StartupError::Runtime)?;
    tokio::select! {
        _ = terminate.recv() => tracing::info!("SIGTERM: requests in flight finish"),
        _ = interrupt.recv() => tracing::info!("SIGINT: requests in flight finish"),
    }
    let [s3, admin] = handles;
    s3.stop(true).await;
    admin.stop(true).await;
    Ok(())
}

/// The service of one S3 connection. A macro, since its type cannot be written down and differs
/// between plain and TLS streams.
macro_rules! s3_service {
    ($http:expr, $state:expr) => {{
        let (answering, admitting) = (Arc::clone(&$state), Arc::clone(&$state));
        // Boxed: each connection has room for them, also while it is idle, and they are large.
        let admit = move |request: Request| Box::pin(s3::admit(request, Arc::clone(&admitting)));
        let serve = move |request: Request| {
            // Mapped: in an async block that waits for it, it would take its room twice.
            Box::pin(s3::serve(request, Arc::clone(&answering)).map(Ok::<_, Infallible>))
        };
        $http
            .builder()
            .expect(fn_service(admit))
            .finish(fn_service(serve))
    }};
}

/// What every connection of the S3 listener is served with.
#[derive(Clone)]
struct HttpSettings {
    keep_alive: Duration,
    header_timeout: Duration,
    stopping: GracefulShutdownSignal,
}

impl HttpSettings {
    fn builder<T, S>(&self) -> HttpServiceBuilder<T, S>
    where
        S: ServiceFactory<Request, Config = (), InitError = ()>,
        S::Error: Into<Response<BoxBody>> + 'static,
        <S::Service as Service<Request>>::Future: 'static,
        T: AsyncRead + AsyncWrite + Unpin + 'static,
    {
        let stopping = self.stopping.clone();
        HttpServiceBuilder::default()
            .keep_alive(self.keep_alive)
            .client_request_timeout(self.header_timeout)
            .client_disconnect_timeout(DISCONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
    }
}

/// The S3 listener. It is put together from the parts of actix-web's own server, which has no place
/// for a decision between a request's head and `100 Continue`.
fn s3_server(
    config: &Config,
    (parts, state): (&Parts, Arc<s3::S3State>),
    listener: TcpListener,
    supervisor: &mut Supervisor,
) -> Result<Server, StartupError> {
    let raw = &config.raw.server;
    let engine_files = usize::try_from(config.raw.storage.max_open_files).unwrap_or_default();
    // A body on its way in has the file of its blob open.
    let engine_files = engine_files
        .saturating_add(RocksEngine::BLOB_FILES_OPEN_MAX)
        .saturating_add(raw.max_body_streams);
    let connections = connections_that_fit(raw.max_connections, engine_files);
    let server = Server::build()
        .workers(config.workers)
        .max_concurrent_connections(connections.div_ceil(config.workers))
        .shutdown_timeout(raw.shutdown_grace_s)
        .disable_signals();
    let http = HttpSettings {
        keep_alive: Duration::from_secs(raw.keep_alive_s),
        header_timeout: Duration::from_secs(raw.header_timeout_s),
        stopping: server.graceful_shutdown_signal(),
    };
    let address = config.listen;
    let listen_error = |source| StartupError::Listen { address, source };
    let server = match &config.tls {
        None => server.listen("s3", listener, move || s3_service!(http, state).tcp()),
        Some(files) => {
            let tls_error = |source| StartupError::Tls {
                certificate: files.certificate.clone(),
                source,
            };
            let certificate =
                Arc::new(ReloadingCertificate::load(files.clone()).map_err(tls_error)?);
            let tls = certificate.server_config().map_err(tls_error)?;
            let clock = Arc::clone(&parts.clock);
            supervisor.start("certificate", |stop| certificate.watch(clock, stop));
            server.listen("s3", listener, move || {
                let handshake = TlsAcceptorConfig::default().handshake_timeout(http.header_timeout);
                s3_service!(http, state).rustls_0_23_with_config(tls.clone(), handshake)
            })
        }
    };
    Ok(server.map_err(listen_error)?.run())
}

fn admin_server(parts: &Parts, listener: TcpListener) -> Result<Server, StartupError> {
    let state = web::Data::new(AdminState {
        control: parts.control(),
        metrics: Arc::clone(&parts.metrics),
    });
    let server = HttpServer::new(move || {
        App::new()
            .wrap(from_fn(gate::admit))
            .app_data(state.clone())
            .configure(configure)
    });
    let server = server
        .workers(1)
        .max_connections(ADMIN_CONNECTIONS_MAX)
        .shutdown_timeout(5)
        .disable_signals()
        .listen(listener)
        .map_err(StartupError::Runtime)?;
    Ok(server.run())
}
