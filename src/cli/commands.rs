//! From arguments to actions.

use crate::admin::dto::{ClockDto, KeyDto, NewKeyDto, NewTenantDto, TenantChangeDto, TenantDto};
use crate::base::encoding::uri_encode;
use crate::cli::args::{
    AdminArguments, Arguments, Command, InitArguments, KeyCommand, OutputFormat, ServeArguments,
    TenantCommand,
};
use crate::cli::client::AdminClient;
use crate::cli::confirm::confirm;
use crate::cli::error::CommandError;
use crate::cli::{
    bench, buckets, inspect, operators, output, policies, quotas, rates, templates, texts, usage,
};
use crate::config::resolve::{LogFormat, keys_dir};
use crate::config::{Overrides, load};
use crate::server;
use crate::server::error::StartupError;
use crate::telemetry::subscriber;
use serde_json::json;
use tokio::runtime::Runtime;

/// Runs a command.
///
/// # Errors
/// `CommandError`, whose text is for the person at the console.
pub fn run(arguments: Arguments) -> Result<(), CommandError> {
    let format = arguments.output;
    match arguments.command {
        Command::Init(init) => initialise(format, init),
        Command::Serve(serve) => Ok(run_server(serve)?),
        Command::Bench(arguments) => bench::bench(format, *arguments),
        Command::Tenant { command, admin } => tenant(format, command, &admin),
        Command::Key { command, admin } => access_key(format, command, &admin),
        Command::Bucket { command, admin } => buckets::bucket(format, command, &admin),
        Command::Profile { command, admin } => buckets::profile(format, command, &admin),
        Command::Quota { command, admin } => quotas::quota(format, command, &admin),
        Command::Policy { command, admin } => policies::policy(format, command, &admin),
        Command::Rate { command, admin } => rates::rate(format, command, &admin),
        Command::Usage {
            report,
            command,
            admin,
        } => usage::usage(format, command, report, &admin),
        Command::Clock { admin } => clock(format, &admin),
        Command::Operator { command, admin } => operators::operator(format, command, &admin),
        Command::Changes { changes, admin } => operators::changes(format, changes, &admin),
        Command::Health { admin } => inspect::health(format, &admin),
        Command::Metrics { admin } => inspect::metrics(format, &admin),
        Command::Openapi { admin } => inspect::openapi(&admin),
        Command::Version => match format {
            OutputFormat::Json => {
                output::print(&json!({"version": env!("CARGO_PKG_VERSION")}).to_string())
            }
            OutputFormat::Csv | OutputFormat::Table => {
                output::print(concat!("riznica ", env!("CARGO_PKG_VERSION")))
            }
        },
    }
}

/// The runtime of tasks and blocking threads. The server's HTTP workers have their own.
pub(in crate::cli) fn runtime(threads: usize) -> Result<Runtime, StartupError> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder
        .worker_threads(threads)
        .enable_all()
        .build()
        .map_err(StartupError::Runtime)
}

fn initialise(format: OutputFormat, arguments: InitArguments) -> Result<(), CommandError> {
    let overrides = Overrides {
        data_dir: arguments.data_dir,
        ..Overrides::default()
    };
    let config = load(arguments.config.as_deref(), overrides).map_err(StartupError::from)?;
    server::hardening::no_core_dumps();
    let credential = arguments.credential;
    let credential = credential.unwrap_or_else(|| keys_dir(&config.data_dir).join("operator.json"));
    let runtime = runtime(1)?;
    let made = runtime.block_on(server::init(&config, &credential, runtime.handle()))?;
    let root_key = made.root_key_file.map(|path| path.display().to_string());
    let credential = made.credential_file.display().to_string();
    match format {
        OutputFormat::Json => output::print(
            &json!({
                "data_dir": config.data_dir.display().to_string(),
                "root_key_file": root_key,
                "credential_file": credential,
            })
            .to_string(),
        ),
        OutputFormat::Csv | OutputFormat::Table => {
            output::print(texts::INITIALISED)?;
            if let Some(root_key) = root_key {
                output::print(&format!("{} {root_key}", texts::ROOT_KEY_MADE))?;
            }
            output::print(&format!("{} {credential}", texts::CREDENTIAL_MADE))
        }
    }
}

fn run_server(arguments: ServeArguments) -> Result<(), StartupError> {
    let overrides = Overrides {
        data_dir: arguments.data_dir,
        listen: arguments.listen,
        admin_listen: arguments.admin_listen,
    };
    let config = load(arguments.config.as_deref(), overrides)?;
    let _log = subscriber::install(config.log_format == LogFormat::Json, &config.raw.log.level)?;
    server::hardening::no_core_dumps();
    let runtime = runtime(1)?;
    let handle = runtime.handle().clone();
    actix_rt::System::new().block_on(server::serve(config, handle))
}

fn tenant(
    format: OutputFormat,
    command: TenantCommand,
    admin: &AdminArguments,
) -> Result<(), CommandError> {
    let client = AdminClient::new(admin)?;
    match command {
        TenantCommand::Create {
            name,
            template,
            display_name,
            email,
            canonical_id,
            details,
        } => {
            let new = NewTenantDto {
                name,
                display_name,
                email,
                canonical_id,
                registration_number: details.registration_number,
                contact: details.contact,
                bucket_prefixes: details.bucket_prefix,
            };
            match template {
                Some(template) => templates::set_up(format, &client, &new, &template),
                None => output::one(format, &client.post::<TenantDto>("/v1/tenants", &new)?),
            }
        }
        TenantCommand::Update {
            name,
            details,
            display_name,
            email,
            any_bucket_name,
            status,
        } => {
            let prefixes = details.bucket_prefix;
            let change = TenantChangeDto {
                display_name,
                email,
                registration_number: details.registration_number,
                contact: details.contact,
                bucket_prefixes: (any_bucket_name || !prefixes.is_empty()).then_some(prefixes),
                status,
            };
            let path = format!("/v1/tenants/{}", uri_encode(name.as_bytes()));
            output::one(format, &client.patch::<TenantDto>(&path, &change)?)
        }
        TenantCommand::List => {
            let columns = ["name", "display_name", "status", "email", "created"];
            output::list(
                format,
                &columns,
                &client.get::<Vec<TenantDto>>("/v1/tenants")?,
            )
        }
        TenantCommand::Templates { name } => templates::templates(format, &client, name),
        TenantCommand::Show { name } => {
            let path = format!("/v1/tenants/{}", uri_encode(name.as_bytes()));
            output::one(format, &client.get::<TenantDto>(&path)?)
        }
    }
}

/// `?tenant=..` when a list is restricted.
pub(in crate::cli) fn filter(tenant: Option<String>) -> String {
    tenant
        .map(|name| format!("?tenant={}", uri_encode(name.as_bytes())))
        .unwrap_or_default()
}

fn access_key(
    format: OutputFormat,
    command: KeyCommand,
    admin: &AdminArguments,
) -> Result<(), CommandError> {
    let client = AdminClient::new(admin)?;
    match command {
        KeyCommand::Create {
            tenant,
            access_key,
            secret_key_file,
            valid_days,
        } => {
            let secret_access_key = match secret_key_file {
                None => None,
                Some(path) => {
                    let text = std::fs::read_to_string(&path);
                    let text = text.map_err(|source| CommandError::File { path, source })?;
                    Some(text.trim_end_matches(['\r', '\n']).to_owned())
                }
            };
            let new = NewKeyDto {
                tenant,
                access_key_id: access_key,
                secret_access_key,
                valid_days,
            };
            output::one(format, &client.post::<KeyDto>("/v1/keys", &new)?)?;
            if format == OutputFormat::Table {
                output::print(texts::SECRET_ONCE)
            } else {
                Ok(())
            }
        }
        KeyCommand::List { tenant } => {
            let keys = client.get::<Vec<KeyDto>>(&format!("/v1/keys{}", filter(tenant)))?;
            output::list(
                format,
                &[
                    "access_key_id",
                    "tenant",
                    "user",
                    "status",
                    "created",
                    "expires",
                    "last_used",
                ],
                &keys,
            )
        }
        KeyCommand::Disable { access_key } => {
            client.command(&format!(
                "/v1/keys/{}/disable",
                uri_encode(access_key.as_bytes())
            ))?;
            done(format, &access_key, "disabled", texts::KEY_DISABLED)
        }
        KeyCommand::Delete {
            access_key,
            confirmation,
        } => {
            confirm(confirmation, &texts::delete_key(&access_key))?;
            client.delete(&format!("/v1/keys/{}", uri_encode(access_key.as_bytes())))?;
            done(format, &access_key, "deleted", texts::KEY_DELETED)
        }
    }
}

fn done(
    format: OutputFormat,
    access_key_id: &str,
    status: &str,
    text: &str,
) -> Result<(), CommandError> {
    match format {
        OutputFormat::Json => {
            output::print(&json!({"access_key_id": access_key_id, "status": status}).to_string())
        }
        OutputFormat::Csv | OutputFormat::Table => output::print(text),
    }
}

fn clock(format: OutputFormat, admin: &AdminArguments) -> Result<(), CommandError> {
    let clock = AdminClient::new(admin)?.get::<ClockDto>("/v1/clock")?;
    output::one(format, &clock)?;
    if format == OutputFormat::Table && clock.alarm {
        output::print(texts::CLOCK_ALARM)
    } else {
        Ok(())
    }
}
