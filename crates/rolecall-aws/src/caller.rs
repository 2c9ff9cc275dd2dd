//! Who the caller is, from STS `GetCallerIdentity`, which needs no permission.
//!
//! It is also the way to find out why a cluster said "Unauthorized": if this call fails, its error tells the cause
//! (expired credentials, a clock that is off), and if it works, the caller is somebody whom the cluster does not map.

use aws_sdk_sts::Client;
use rolecall_core::token::CallerIdentity;
use rolecall_engine::port::{PortError, PortErrorKind};

use crate::error::{self, Attempt};
use crate::session::AwsSession;

const OPERATION: &str = "ask STS";
const RESOURCE: &str = "who the caller is";

impl AwsSession {
    /// Asks STS who we are: one request.
    pub async fn caller_identity(&self) -> Result<CallerIdentity, PortError> {
        self.credentials().await?;
        let attempt = Attempt::new(OPERATION, RESOURCE, self);
        let answer = Client::new(self.config())
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| error::from_sdk(&error, &attempt))?;
        let (Some(arn), Some(account), Some(user_id)) = (answer.arn(), answer.account(), answer.user_id())
        else {
            return Err(refused("the answer is incomplete".to_owned()));
        };
        CallerIdentity::from_sts(arn, account, user_id).map_err(|error| refused(error.to_string()))
    }
}

fn refused(message: String) -> PortError {
    PortError::new(PortErrorKind::Other, OPERATION, RESOURCE, message)
}
