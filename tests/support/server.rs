//! A real `riznica` process on a data folder of its own.
//!
//! Owns: starting it on free loopback ports, killing it and starting it again, tenants and keys by
//! its own command line, clients of the official SDK.

use crate::authority::Authority;
use crate::raw::{Account, Answer, Connection, REGION, Wire};
use aws_sdk_s3::config::{BehaviorVersion, Builder, Credentials, Region};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// The server's log, in its folder.
const LOG_FILE: &str = "server.log";
/// How many times a log was read.
static LOG_MARKS: AtomicU32 = AtomicU32::new(0);

/// A running server; ended when dropped.
pub(crate) struct TestServer {
    folder: TempDir,
    settings: Vec<(String, String)>,
    process: Child,
    /// Port of the S3 listener.
    pub(crate) port: u16,
    admin_port: u16,
}

/// Two ports that nobody listens on.
fn free_ports() -> (u16, u16) {
    let one = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let other = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = |listener: &TcpListener| listener.local_addr().expect("its address").port();
    (port(&one), port(&other))
}

fn riznica() -> Command {
    Command::new(env!("CARGO_BIN_EXE_riznica"))
}

/// Starts the server of a folder on two ports.
fn serve(folder: &Path, settings: &[(String, String)], ports: (u16, u16)) -> Child {
    let mut appending = File::options();
    appending.create(true).append(true);
    let log = appending.open(folder.join(LOG_FILE)).expect("a log file");
    riznica()
        .args(["serve", "--data-dir"])
        .arg(folder.join("data"))
        .args(["--listen", &format!("127.0.0.1:{}", ports.0)])
        .args(["--admin-listen", &format!("127.0.0.1:{}", ports.1)])
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .stderr(Stdio::from(log))
        .spawn()
        .expect("serve runs")
}

impl TestServer {
    /// Initialises a data folder and starts the server on it.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// As [`TestServer::start`], with settings of the environment, such as
    /// `("RIZNICA_SERVER__HEADER_TIMEOUT_S", "1")`.
    pub(crate) fn start_with(settings: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("a folder");
        let data = folder.path().join("data");
        let made = riznica().args(["init", "--data-dir"]).arg(&data).output();
        assert!(made.expect("init runs").status.success(), "init failed");
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let settings: Vec<_> = settings.iter().map(owned).collect();
        let (port, admin_port) = free_ports();
        let mut server = Self {
            process: serve(folder.path(), &settings, (port, admin_port)),
            folder,
            settings,
            port,
            admin_port,
        };
        // The ports were free when they were asked for; a connection of another test may have one
        // of them by now, and the server ends.
        server.insist(free_ports);
        server
    }

    /// Ends the server as a crash does (`kill -9`).
    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("a server to kill");
        self.process.wait().expect("its end");
    }

    /// Tells the server to stop, and waits until it has.
    pub(crate) fn stop(&mut self) {
        let process = self.process.id().to_string();
        let told = Command::new("kill").args(["-TERM", &process]).status();
        assert!(told.expect("kill runs").success());
        assert!(self.process.wait().expect("its end").success());
    }

    /// Kills the server, unless that was done, and starts it on the same folder and the same ports:
    /// accounts and clients stay as good as they were.
    pub(crate) fn restart(&mut self) {
        self.kill();
        let ports = (self.port, self.admin_port);
        self.process = serve(self.folder.path(), &self.settings, ports);
        self.insist(|| ports);
    }

    /// Waits until the server answers, and starts it again, on the ports that it is given, while it
    /// ends instead.
    fn insist(&mut self, ports: impl Fn() -> (u16, u16)) {
        let mut attempts = 1;
        while !self.becomes_ready() {
            assert!(attempts < 5, "not ready: {}", self.log_file());
            attempts += 1;
            (self.port, self.admin_port) = ports();
            let ports = (self.port, self.admin_port);
            self.process = serve(self.folder.path(), &self.settings, ports);
        }
    }

    /// Waits until the server answers; `false` when it has ended instead.
    fn becomes_ready(&mut self) -> bool {
        // Each question starts a process, which is pause enough.
        let mut outcomes = (0..2000).filter_map(|_| {
            let is_ready = self.tenants_can_be_listed();
            let has_ended = self.process.try_wait().expect("its state").is_some();
            (is_ready || has_ended).then_some(is_ready)
        });
        outcomes.next().expect("a server that answers or ends")
    }

    /// What the server has logged so far. Its lines are written a little later than they are made,
    /// in their order: a server that answers is asked for something that its log then shows.
    #[expect(
        clippy::disallowed_methods,
        reason = "the server is another process, with a clock of its own"
    )]
    pub(crate) fn log(&self) -> String {
        let mark = LOG_MARKS.fetch_add(1, Ordering::Relaxed);
        let mark = format!("/log-mark-{mark}-");
        if !self.answers_anonymous(&mark) {
            return self.log_file();
        }
        let mut looks = (0..4000).map(|_| {
            std::thread::sleep(Duration::from_millis(5));
            self.log_file()
        });
        let log = looks.find(|log| log.contains(&mark));
        log.expect("the log has what was asked last")
    }

    /// What has been written of the log.
    fn log_file(&self) -> String {
        std::fs::read_to_string(self.folder.path().join(LOG_FILE)).expect("the log")
    }

    /// Whether the S3 listener answers a request without a credential.
    fn answers_anonymous(&self, path: &str) -> bool {
        let Some(mut connection) = Connection::try_open(self.port) else {
            return false;
        };
        let head = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
        connection.write(head.as_bytes());
        connection.try_answer("GET").is_some()
    }

    /// A connection to the admin listener.
    pub(crate) fn admin_connection(&self) -> Connection {
        Connection::open(self.admin_port)
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Where the admin listener is.
    pub(crate) fn admin_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.admin_port)
    }

    /// Its data folder, for who looks into it while the server is down.
    pub(crate) fn data_folder(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The value of a metric; `name` is all that stands before it.
    pub(crate) fn metric(&self, name: &str) -> Option<String> {
        let file = std::fs::read(self.credential_file()).expect("the credential");
        let file: serde_json::Value = serde_json::from_slice(&file).expect("JSON");
        let text = |field: &str| file[field].as_str().expect("text").to_owned();
        let bearer = format!("{}:{}", text("operator"), text("token"));
        let mut connection = Connection::open(self.admin_port);
        let head = "GET /metrics HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n";
        connection.write(format!("{head}authorization: Bearer {bearer}\r\n\r\n").as_bytes());
        let answer = connection.answer("GET").expect(200);
        let body = answer.body_text();
        let mut values = body.lines().filter_map(|line| line.strip_prefix(name));
        values.find_map(|value| Some(value.strip_prefix(' ')?.to_owned()))
    }

    fn tenants_can_be_listed(&self) -> bool {
        self.admin(&["tenant", "list"]).is_some()
    }

    fn credential_file(&self) -> PathBuf {
        self.folder.path().join("data.keys").join("operator.json")
    }

    /// Runs an administration command; its output, or `None` when it fails.
    pub(crate) fn admin(&self, words: &[&str]) -> Option<String> {
        let output = riznica()
            .args(words)
            .args(["--admin", &self.admin_url()])
            .args(["--output", "json", "--credential"])
            .arg(self.credential_file())
            .output()
            .expect("the command runs");
        let text = String::from_utf8(output.stdout).expect("text");
        output.status.success().then_some(text)
    }

    /// What the first operator's requests to the admin listener are authorized by.
    pub(crate) fn founder(&self) -> String {
        let text = std::fs::read(self.credential_file()).expect("a credential");
        let file: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
        let field = |name: &str| file[name].as_str().expect("text").to_owned();
        format!("Bearer {}:{}", field("operator"), field("token"))
    }

    /// A request to the admin listener with the operator's credential.
    pub(crate) fn admin_request(&self, method: &str, path: &str, body: &str) -> Answer {
        self.admin_request_by(&self.founder(), method, path, body)
    }

    /// A request to the admin listener, byte for byte.
    pub(crate) fn send_to_admin(&self, wire: &Wire) -> Answer {
        wire.send(self.admin_port)
    }

    /// A request to the admin listener with an `Authorization` header.
    pub(crate) fn admin_request_by(
        &self,
        authorization: &str,
        method: &str,
        path: &str,
        body: &str,
    ) -> Answer {
        let header = |name: &str, value: String| (name.to_owned(), value);
        let wire = Wire {
            method: method.to_owned(),
            target: path.to_owned(),
            headers: vec![
                header("host", format!("127.0.0.1:{}", self.admin_port)),
                header("authorization", authorization.to_owned()),
                header("content-type", "application/json".to_owned()),
                header("content-length", body.len().to_string()),
            ],
            body: body.as_bytes().to_vec(),
        };
        self.send_to_admin(&wire)
    }

    /// Runs any command on the server's data folder; what it printed, and whether it succeeded.
    pub(crate) fn command(&self, words: &[&str]) -> (String, bool) {
        let data = self.folder.path().join("data");
        let words = words
            .iter()
            .map(|word| word.replace("{data}", &data.to_string_lossy()));
        let output = riznica().args(words).output().expect("the command runs");
        let text = [output.stdout, output.stderr].concat();
        (
            String::from_utf8(text).expect("text"),
            output.status.success(),
        )
    }

    /// Runs a command line as an operator types it; what it printed, and whether it succeeded.
    pub(crate) fn shell(&self, line: &str) -> (String, bool) {
        let programs = Path::new(env!("CARGO_BIN_EXE_riznica")).parent();
        let programs = programs.expect("its folder").to_string_lossy();
        let output = Command::new("bash")
            .args(["-c", &format!("PATH=\"{programs}:$PATH\"; {line}")])
            .env("RIZNICA_ADMIN", self.admin_url())
            .env("RIZNICA_CREDENTIAL", self.credential_file())
            .current_dir(self.folder.path())
            .output()
            .expect("bash runs");
        let text = [output.stdout, output.stderr].concat();
        (
            String::from_utf8(text).expect("text"),
            output.status.success(),
        )
    }

    /// The access key of a new tenant.
    pub(crate) fn account(&self, name: &str) -> Account {
        self.admin(&["tenant", "create", name])
            .expect("a new tenant");
        self.access_key(name)
    }

    /// A new access key of a tenant.
    pub(crate) fn access_key(&self, name: &str) -> Account {
        let credential = self.admin(&["key", "create", "--tenant", name]);
        let credential: serde_json::Value =
            serde_json::from_str(&credential.expect("a new key")).expect("JSON");
        let text = |field: &str| {
            let value = credential.get(field).and_then(serde_json::Value::as_str);
            value.expect("text").to_owned()
        };
        Account {
            port: self.port,
            access_key_id: text("access_key_id"),
            secret: text("secret_access_key"),
            token: None,
        }
    }

    /// A client of a new tenant.
    pub(crate) fn tenant(&self, name: &str) -> aws_sdk_s3::Client {
        self.client(&self.account(name))
    }

    /// A client with an account's key, the SDK's default settings, and path style.
    pub(crate) fn client(&self, account: &Account) -> aws_sdk_s3::Client {
        let endpoint = format!("http://127.0.0.1:{}", self.port);
        aws_sdk_s3::Client::from_conf(sdk_settings(account).endpoint_url(endpoint).build())
    }

    /// As [`TestServer::client`], of a server that was started with the authority's settings.
    pub(crate) fn client_over_tls(
        &self,
        account: &Account,
        authority: &Authority,
    ) -> aws_sdk_s3::Client {
        let trust = TrustStore::empty().with_pem_certificate(authority.certificate_pem());
        let context = TlsContext::builder().with_trust_store(trust).build();
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .tls_context(context.expect("a TLS context"))
            .build_https();
        let endpoint = format!("https://127.0.0.1:{}", self.port);
        let settings = sdk_settings(account).endpoint_url(endpoint);
        aws_sdk_s3::Client::from_conf(settings.http_client(http).build())
    }
}

/// The SDK's default settings with an account's key and path style.
fn sdk_settings(account: &Account) -> Builder {
    let (id, secret) = (&account.access_key_id, &account.secret);
    Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::from_keys(id, secret, account.token.clone()))
        .force_path_style(true)
}

impl Drop for TestServer {
    fn drop(&mut self) {
        // It may have ended already; the folder goes with it either way.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
