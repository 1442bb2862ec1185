//! Operators: who they are, and what `init` gives the first one.

use crate::base::entropy::random_array;
use crate::base::secret::{Secret, SecretBytes};
use crate::catalog::operators::{self, Installation};
use crate::control::Control;
use crate::control::error::ControlError;
use crate::storage::EngineHealth;

/// Proof that an operator's token was checked.
#[derive(Debug)]
pub struct OperatorPermit {
    operator_name: String,
}

impl OperatorPermit {
    /// Who it is, for the log.
    pub fn operator_name(&self) -> &str {
        &self.operator_name
    }
}

impl Control {
    /// Checks an operator's token.
    ///
    /// # Errors
    /// `Denied`, the same for an unknown operator and a wrong token.
    pub async fn authenticate(
        &self,
        operator_name: &str,
        token: &SecretBytes,
    ) -> Result<OperatorPermit, ControlError> {
        if operators::verify_token(&*self.engine, operator_name, token.expose()).await? {
            Ok(OperatorPermit {
                operator_name: operator_name.to_owned(),
            })
        } else {
            Err(ControlError::Denied)
        }
    }

    /// Marks the store as initialised and makes the first operator. Returns the token, which is
    /// stored nowhere else.
    ///
    /// # Errors
    /// `Catalog(Taken)` when it is initialised already.
    pub async fn initialise(&self, operator_name: &str) -> Result<Secret<32>, ControlError> {
        let token = Secret::generate(&*self.entropy)?;
        let installation = Installation {
            installation_id: random_array(&*self.entropy)?,
            created: self.now(),
        };
        operators::initialise(&*self.engine, &installation, operator_name, token.expose()).await?;
        Ok(token)
    }

    /// Whether the store is initialised.
    ///
    /// # Errors
    /// When the rows fail.
    pub async fn is_initialised(&self) -> Result<bool, ControlError> {
        Ok(operators::installation(&*self.engine).await?.is_some())
    }
}

impl Control {
    /// Whether rows can be read and the engine and the key service are well.
    pub async fn is_ready(&self) -> bool {
        let is_readable = self
            .is_initialised()
            .await
            .is_ok_and(|is_initialised| is_initialised);
        let takes_writes = self.engine.health() == EngineHealth::ReadWrite;
        is_readable && takes_writes && self.provider.health().await.is_ok()
    }

    /// The engine's figures, for metrics.
    pub fn engine_stats(&self) -> Vec<(&'static str, u64)> {
        self.engine.stats()
    }
}
