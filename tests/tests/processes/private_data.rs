//! Personal data and secrets of a deployment, and the places where none of them may be.

use std::path::Path;

use anyhow::bail;
use city::secrets::{Secrets, SecretsBuilder};
use openid4vc::paper::{Paper, PaperCode, SealedPaper};
use openid4vc::vci::{OfferLink, PRE_AUTHORIZED_CODE_GRANT};
use serde_json::Value;
use wallet::store::{Passphrase, Store};

use super::deployment::{Deployment, INVENTED, PASSPHRASE, PEOPLE};
use super::programs::agent;

/// Two searches: one for what a desk may have, one for what nobody may have.
#[derive(Default)]
pub(crate) struct PrivateData {
    desk: SecretsBuilder,
    nobody: SecretsBuilder,
}

impl PrivateData {
    /// The people's values, the passphrase, and what the wallets in these folders hold. No program may have them open.
    pub(crate) fn new(deployment: &Deployment, wallets: &[&str]) -> Self {
        let mut private = Self::default();
        for (id_number, name, _, birth_date, district) in PEOPLE {
            for value in [id_number, name, birth_date, district] {
                private.desk.value("a value", value).unwrap();
            }
        }
        private.desk.text("a number of the long list", INVENTED);
        private.nobody.text("a passphrase", PASSPHRASE);
        for home in wallets {
            private.wallet(&deployment.folder().join(home));
        }
        private
    }

    /// Something that is told to one person and kept by nobody.
    pub(crate) fn secret(&mut self, what: &'static str, text: &str) {
        self.nobody.text(what, text);
    }

    /// An offer: who has its link has its identifier, and with it the code that is redeemed.
    pub(crate) fn offer(&mut self, link: &str, tx_code: &str) {
        let link: OfferLink = link.parse().unwrap();
        let id = link.offer_uri().path_segments().unwrap().next_back().unwrap();
        self.secret("an offer", id);
        self.secret("a number for an offer", tx_code);
    }

    /// A sealed paper, what the citizen opens it with, and what is inside.
    pub(crate) fn paper(&mut self, sealed: &str, code: &str) {
        self.secret("a sealed paper", sealed);
        self.secret("a paper's code", code);
        self.secret("a paper's code", &code.replace(' ', ""));
        let sealed: SealedPaper = sealed.parse().unwrap();
        let code: PaperCode = code.parse().unwrap();
        let Paper { secrets, credential } = sealed.open(&code).unwrap();
        self.nobody.element("a device's secret", secrets.device.expose());
        self.nobody.element("a person's secret", secrets.person.expose());
        self.desk.element("a salt", &credential.salt.0);
    }

    fn wallet(&mut self, home: &Path) {
        let (_store, contents) = Store::open(home, &Passphrase::new(PASSPHRASE).unwrap()).unwrap();
        let secrets = contents.wallet.secrets();
        self.nobody.element("a device's secret", secrets.device.expose());
        self.nobody.element("a person's secret", secrets.person.expose());
        for held in contents.wallet.credentials() {
            self.desk.element("a salt", &held.credential.salt);
        }
    }

    /// Neither the files of ledger, counter and assistant, nor what leaves the counter, nor anything that a service said
    /// has any of it; the desk has what it must.
    pub(crate) fn stays_where_it_belongs(self, deployment: &Deployment, said: &str) {
        let [desk, nobody] = [self.desk, self.nobody].map(|forms| forms.build().unwrap());
        assert!(said.contains("DEBUG"), "the services say more than they would to an operator");
        for secrets in [&desk, &nobody] {
            assert_eq!(secrets.find_in(said.as_bytes()), None, "a service says it");
            let trustees = ["credit-trustee", "archive-trustee"];
            for place in ["ledger", "counter", "assistant-keys", "receipt.json", "today.bundle"]
                .into_iter()
                .chain(trustees)
            {
                assert_free(deployment, place, secrets);
            }
        }
        assert_free(deployment, "desk", &nobody);
        assert_free(deployment, "other-desk", &nobody);
        // The search finds what is there.
        let mut found = 0;
        let count = &mut |_: &Path, _| {
            found += 1;
            Ok(())
        };
        desk.search_folder(&deployment.folder().join("desk"), count).unwrap();
        assert!(found > 0, "the search does not even find what the desk keeps");
    }
}

/// A path that a test does not have is free of everything; folders of services always exist.
fn assert_free(deployment: &Deployment, place: &str, secrets: &Secrets) {
    let refuse = &mut |path: &Path, what| bail!("{} holds {what}", path.display());
    let searched = secrets.search_folder(&deployment.folder().join(place), refuse).unwrap();
    assert!(searched > 0 || !["ledger", "counter", "desk"].contains(&place), "{place} is empty");
}

/// Redeems an offer by hand, as a wallet would, and answers everything secret about it.
pub(crate) fn redeemed(deployment: &Deployment, link: &str, tx_code: &str) -> [String; 2] {
    let parsed: OfferLink = link.parse().unwrap();
    let offer: Value =
        agent().get(parsed.offer_uri().as_str()).call().unwrap().body_mut().read_json().unwrap();
    let code = offer["grants"][PRE_AUTHORIZED_CODE_GRANT]["pre-authorized_code"].as_str().unwrap().to_owned();
    let form = [
        ("grant_type", PRE_AUTHORIZED_CODE_GRANT),
        ("pre-authorized_code", code.as_str()),
        ("tx_code", tx_code),
    ];
    let mut answer = agent().post(format!("{}/token", deployment.desk_url())).send_form(form).unwrap();
    let token: Value = answer.body_mut().read_json().unwrap();
    [code, token["access_token"].as_str().unwrap().to_owned()]
}
