//! Tokens that are signed with AWS credentials and sent as the password.
//!
//! The core renews them for its own connections, and does not report it if it
//! cannot: the old token stays. So a new one is made here whenever one is needed,
//! by the function of the core that reports what goes wrong.

use crate::{abi::Outcome, wire::failure::Failure};
use glide_core::{
    ConnectionRequest,
    iam::{GlideIAMError, IAMTokenManager},
};
use std::sync::Arc;

/// Makes a token, if that is what connections authenticate with.
pub async fn tokens(request: &ConnectionRequest) -> Result<Option<Arc<IAMTokenManager>>, Failure> {
    let Some(login) = &request.authentication_info else { return Ok(None) };
    let Some(iam) = login.iam_config.clone() else { return Ok(None) };
    let making = IAMTokenManager::new(
        iam.cluster_name,
        login.username.clone().unwrap_or_default(),
        iam.region,
        iam.service_type,
        iam.refresh_interval_seconds,
        iam.credentials_provider,
    );
    match tokio::time::timeout(request.get_connection_timeout(), making).await {
        Ok(Ok(tokens)) => Ok(Some(Arc::new(tokens))),
        Ok(Err(error)) => Err(failure(error)),
        Err(_) => Err(unsigned("the search for AWS credentials took too long")),
    }
}

fn failure(error: GlideIAMError) -> Failure {
    unsigned(error.to_string().trim_start_matches("IAM authentication error: "))
}

fn unsigned(detail: &str) -> Failure {
    Failure::new(Outcome::Configuration, format!("IAM: no token can be made: {detail}"))
}
