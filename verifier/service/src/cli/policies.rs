//! `verifier policies`.

use std::process::ExitCode;

use url::Url;

use super::{Outcome, Talk};
use crate::client::VerifierClient;
use crate::relying_party::ListedPolicy;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The service.
    #[arg(long, env = "YONG_VERIFIER", default_value = "http://127.0.0.1:7003")]
    url: Url,
    /// Language of the list: `zh-CN` or `en`.
    #[arg(long, env = "YONG_LANG", default_value = "en")]
    lang: String,
}

pub(super) fn run(args: &Args, talk: Talk) -> Outcome {
    let policies = VerifierClient::new(args.url.clone(), None).policies()?;
    match talk {
        Talk::Machine => println!("{}", serde_json::to_string(&policies).expect("a list of structs is JSON")),
        Talk::People => policies.iter().for_each(|policy| print(policy, &args.lang)),
    }
    Ok(ExitCode::SUCCESS)
}

fn print(policy: &ListedPolicy, language: &str) {
    println!("{}  {} ({})", policy.policy, policy.title.text(language), policy.publisher);
    for credential in &policy.credentials {
        println!("    {}", credential.schema);
        let conditions = credential.conditions.get(language).or_else(|| credential.conditions.get("en"));
        for condition in conditions.into_iter().flatten() {
            println!("      - {condition}");
        }
    }
}
