//! A small deployment in a temporary folder: two departments or three, one ledger, one desk, one counter, two wallets.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use yong_tests::authority::Pair;
use yong_tests::nginx::{self, Nginx};

use super::programs::{Finished, Running, agent, authority, run};

/// Two invented people of the demonstration data: identity number, name, sex, date of birth, district. And one more.
pub(crate) const PEOPLE: [(&str, &str, &str, &str, &str); 3] = [
    ("450199199609118925", "侯斌", "F", "1996-09-11", "450125"),
    ("450199196808080997", "韩建", "M", "1968-08-08", "450110"),
    ("450199198007135790", "夏淑兰", "M", "1980-07-13", "450105"),
];

/// The first one is the person authority.
const DEPARTMENTS: [&str; 3] = ["gongan", "credit", "archive"];

/// The columns of identity/1.
pub(crate) const CSV_HEADER: &str = "id_number,name,sex,birth_date,residence_district\n";

/// Begins the number of everybody on the long list.
pub(crate) const INVENTED: &str = "invented-";

pub(crate) const PASSPHRASE: &str = "correct horse battery staple";

pub(crate) struct Deployment {
    folder: tempfile::TempDir,
    ports: [u16; 7],
    front: Front,
    pair: Pair,
}

/// How the services are reached.
enum Front {
    /// In the clear, on loopback.
    Plain,
    /// By TLS of their own.
    Tls,
    /// By TLS of an nginx, each under a path of its own, which asks them by TLS of their own.
    Nginx { port: u16, _running: Nginx },
}

/// The running services.
pub(crate) struct Services {
    ledger: Running,
    desk: Running,
    counter: Running,
    /// What a desk said that was killed.
    earlier: String,
}

impl Services {
    pub(crate) fn stop(&mut self) {
        for service in [&mut self.counter, &mut self.desk, &mut self.ledger] {
            service.stop();
        }
    }
    /// `kill -9` of all.
    pub(crate) fn kill(&mut self) {
        for service in [&mut self.counter, &mut self.desk, &mut self.ledger] {
            service.kill();
        }
    }
    pub(crate) fn said(&self) -> String {
        self.earlier.clone() + &[&self.ledger, &self.desk, &self.counter].map(Running::said).concat()
    }
    /// `kill -9`, then a new process on the same data.
    pub(crate) fn restart_desk(&mut self, deployment: &Deployment) {
        self.desk.kill();
        self.earlier += &self.desk.said();
        self.desk = deployment.serve_desk("desk-again");
        ready(&deployment.desk_url());
    }
}

/// `verifier ask`, waiting.
pub(crate) struct PendingRequest(Running, String);

impl PendingRequest {
    pub(crate) fn link(&self) -> String {
        self.1.clone()
    }
    pub(crate) fn finish(self) -> Finished {
        self.0.finish()
    }
}

impl Deployment {
    /// Keys, genesis, records to publish, configuration: everything but running services.
    pub(crate) fn new() -> Self {
        Self::of(&DEPARTMENTS[..2], &[], |_, _, _| Front::Plain)
    }

    /// The same with a third department and a person authority, and every service speaks TLS.
    pub(crate) fn with_person_authority() -> Self {
        Self::of(&DEPARTMENTS, &["--person-authority", "gongan.nanning"], |_, _, _| Front::Tls)
    }

    /// The same as the first behind an nginx, for which there must be one on this machine.
    pub(crate) fn behind_nginx() -> Self {
        Self::of(&DEPARTMENTS[..2], &[], |folder, ports, pair| {
            let [port, ..] = free_ports();
            Front::Nginx { port, _running: Nginx::start(folder, &server(port, ports, pair)) }
        })
    }

    fn of(
        departments: &[&str],
        further: &[&str],
        front: impl FnOnce(&Path, [u16; 7], &Pair) -> Front,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ports = free_ports();
        let (authority, _) = authority();
        let pair = authority.issue(folder.path(), &["127.0.0.1", "localhost"]);
        let front = front(folder.path(), ports, &pair);
        let deployment = Self { folder, ports, front, pair };
        for department in departments {
            let id = format!("{department}.nanning");
            run("ledger", &["keygen", "--id", &id, "--out", &deployment.key(department)], &[]).yes();
        }
        let founders: Value = departments.iter().map(|department| deployment.founder(department)).collect();
        deployment.write("founders.json", &founders);
        let (data, founders) = (deployment.file("ledger"), deployment.file("founders.json"));
        let init = [
            "init",
            "--data",
            &data,
            "--origin",
            "ledger.test.example/1",
            "--founders",
            &founders,
            "--threshold",
            "2",
        ];
        run("ledger", &[&init[..], further].concat(), &[]).yes();
        deployment.circuit_keys();
        deployment.publications();
        deployment.desk_config();
        deployment.people_csv();
        deployment
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A path below the folder, as text.
    pub(crate) fn file(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn key(&self, department: &str) -> String {
        self.file(&format!("{department}.key"))
    }

    pub(crate) fn ledger_url(&self) -> String {
        self.url(0, "/ledger")
    }

    pub(crate) fn desk_url(&self) -> String {
        self.url(1, "/desk")
    }

    pub(crate) fn verifier_url(&self) -> String {
        self.url(2, "/window")
    }

    /// The desk of the credit department.
    pub(crate) fn other_desk_url(&self) -> String {
        self.url(4, "")
    }

    /// Where the trustee of a department is: the first or the second.
    pub(crate) fn trustee_url(&self, place: usize) -> String {
        self.url(5 + place, "/trustee")
    }

    /// Where the credit department's desk listens.
    pub(crate) fn other_desk_listens(&self) -> String {
        self.listens(4)
    }

    /// Where the trustee of a department listens.
    pub(crate) fn trustee_listens(&self, place: usize) -> String {
        self.listens(5 + place)
    }

    fn listens(&self, place: usize) -> String {
        format!("127.0.0.1:{}", self.ports[place])
    }

    /// The address of a service for those who are not on its machine; it has this path at nginx.
    fn url(&self, place: usize, path: &str) -> String {
        match &self.front {
            Front::Nginx { port, .. } => format!("https://127.0.0.1:{port}{path}"),
            Front::Plain | Front::Tls => self.own_url(place),
        }
    }

    /// The address of a service for those who go around nginx.
    fn own_url(&self, place: usize) -> String {
        let scheme = if matches!(self.front, Front::Plain) { "http" } else { "https" };
        format!("{scheme}://{}", self.listens(place))
    }

    /// The certificate in a configuration.
    pub(crate) fn tls_table(&self) -> String {
        if matches!(self.front, Front::Plain) {
            return String::new();
        }
        format!("[tls]\ncert = '{}'\nkey = '{}'\n", self.pair.cert.display(), self.pair.key.display())
    }

    /// The certificate on a command line.
    pub(crate) fn tls_arguments(&self) -> Vec<String> {
        if matches!(self.front, Front::Plain) {
            return Vec::new();
        }
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let Pair { cert, key } = &self.pair;
        vec!["--tls-cert".to_owned(), text(cert), "--tls-key".to_owned(), text(key)]
    }

    /// How a service behind nginx is reached, in a configuration.
    pub(crate) fn proxy_lines(&self, url: &str) -> String {
        match self.front {
            Front::Nginx { .. } => format!("public_url = '{url}'\ntrusted_proxies = ['127.0.0.1']\n"),
            Front::Plain | Front::Tls => String::new(),
        }
    }

    /// How a service is reached, on a command line.
    fn front_arguments(&self, url: &str) -> Vec<String> {
        let mut arguments = self.tls_arguments();
        if matches!(self.front, Front::Nginx { .. }) {
            arguments.extend(["--public-url", url, "--trusted-proxies", "127.0.0.1"].map(str::to_owned));
        }
        arguments
    }

    /// What staff of a service that others can reach needs: a token, for programs.
    fn token_arguments(&self) -> Vec<String> {
        match self.front {
            Front::Nginx { .. } => vec!["--token-file".to_owned(), self.file("token")],
            Front::Plain | Front::Tls => Vec::new(),
        }
    }

    /// What services that others can reach ask for. Nobody signs in here.
    fn staff(&self) {
        std::fs::write(self.file("token"), TOKEN).unwrap();
        let add = ["clerk", "add", "wei", "--role", "clerk", "--clerks", &self.file("clerks")];
        run("issuer", &add, &[("YONG_CLERK_PASSWORD", PASSPHRASE)]).yes();
    }

    /// Where sealed papers are opened.
    fn assistant_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports[3])
    }

    /// What ledger, desk and counter tell whoever measures them.
    pub(crate) fn metrics(&self) -> String {
        let metrics = [self.ledger_url(), self.desk_url(), self.verifier_url()].map(|url| {
            let mut answer = agent().get(format!("{url}/metrics")).call().unwrap();
            answer.body_mut().read_to_string().unwrap()
        });
        assert!(metrics.iter().all(|text| !text.is_empty()));
        metrics.concat()
    }

    pub(crate) fn serve_ledger(&self) -> Running {
        let (listen, data, front) =
            (self.listens(0), self.file("ledger"), self.front_arguments(&self.ledger_url()));
        let mut ledger = vec!["serve", "--data", &data, "--listen", &listen];
        ledger.extend(front.iter().map(String::as_str));
        let ledger = Running::start("ledger", &ledger, self.log("ledger"));
        ready(&self.ledger_url());
        ledger
    }

    pub(crate) fn serve(&self) -> Services {
        let ledger = self.serve_ledger();
        let desk = self.serve_desk("desk");
        let listen = self.listens(2);
        let (data, genesis) = (self.file("counter"), self.file("ledger/genesis.json"));
        let counter = [
            "serve",
            "--data",
            &data,
            "--genesis",
            &genesis,
            "--ledger",
            &self.ledger_url(),
            "--listen",
            &listen,
            "--development",
            "--assistant",
            &self.assistant_url(),
        ];
        let mut further = self.front_arguments(&self.verifier_url());
        let clerks = self.file("clerks");
        further.extend(self.token_arguments());
        if !self.token_arguments().is_empty() {
            further.extend(["--clerks".to_owned(), clerks]);
        }
        let further: Vec<&str> = further.iter().map(String::as_str).collect();
        let counter = [&counter[..], &further].concat();
        let counter = Running::start("verifier", &counter, self.log("counter"));
        ready(&self.desk_url());
        ready(&self.verifier_url());
        Services { ledger, desk, counter, earlier: String::new() }
    }

    fn serve_desk(&self, log: &str) -> Running {
        Running::start("issuer", &["serve", "--config", &self.file("desk.toml")], self.log(log))
    }

    pub(crate) fn issuer(&self, arguments: &[&str]) -> Finished {
        let token = self.token_arguments();
        let token: Vec<&str> = token.iter().map(String::as_str).collect();
        // Staff's interface is closed at nginx.
        run("issuer", &[arguments, &["--desk", &self.own_url(1), "--json"], &token].concat(), &[])
    }

    /// A command that asks the counter for something.
    pub(crate) fn verifier(&self, arguments: &[&str]) -> Finished {
        let token = self.token_arguments();
        let token: Vec<&str> = token.iter().map(String::as_str).collect();
        run("verifier", &[arguments, &token].concat(), &[])
    }

    pub(crate) fn wallet(&self, arguments: &[&str]) -> Finished {
        self.wallet_at("wallet", arguments)
    }

    /// The first wallet, to which no ledger answers.
    pub(crate) fn wallet_cut_off(&self, arguments: &[&str]) -> Finished {
        self.wallet_with("wallet", "http://127.0.0.1:9", arguments)
    }

    pub(crate) fn other_wallet(&self, arguments: &[&str]) -> Finished {
        self.wallet_at("other-wallet", arguments)
    }

    /// How many credentials the ledger has.
    pub(crate) fn leaves(&self) -> u64 {
        run("ledger", &["status", "--json", "--url", &self.ledger_url()], &[]).yes_json()["leaves"]
            .as_u64()
            .unwrap()
    }

    /// A list of invented people, all of them enrolled.
    pub(crate) fn long_list(&self, people: u64) -> String {
        let mut list = CSV_HEADER.to_owned();
        let mut enrolments = "id_number,holder,person\n".to_owned();
        for person in 0..people {
            writeln!(list, "{INVENTED}{person},某人,F,1990-01-01,450105").unwrap();
            writeln!(enrolments, "{INVENTED}{person},{},{}", person + 1, person + 1_000_000).unwrap();
        }
        let [list_csv, enrolments_csv] = ["long.csv", "long-enrolments.csv"].map(|name| self.file(name));
        std::fs::write(&list_csv, list).unwrap();
        std::fs::write(&enrolments_csv, enrolments).unwrap();
        self.issuer(&["enrolments", "import", "--schema", "identity/1", "--csv", &enrolments_csv]).yes();
        list_csv
    }

    /// Asks for a policy in a process that waits for the answer.
    pub(crate) fn ask(&self, policy: &str) -> PendingRequest {
        let url = self.verifier_url();
        let log = self.log(&format!("ask-{}", policy.replace('/', "-")));
        let token = self.token_arguments();
        let token: Vec<&str> = token.iter().map(String::as_str).collect();
        let ask = [&["ask", policy, "--url", &url, "--json"][..], &token].concat();
        let mut pending = Running::start("verifier", &ask, log);
        let line = pending.line();
        let Ok(asked) = serde_json::from_str::<Value>(&line) else {
            panic!("{policy}: {}", pending.finish().everything());
        };
        let link = asked["link"].as_str().unwrap().to_owned();
        PendingRequest(pending, link)
    }

    /// Until the counter has followed the entry that publishes a policy, for a minute at most.
    pub(crate) fn until_asked(&self, policy: &str) {
        let start = Instant::now();
        let url = format!("{}/policies", self.verifier_url());
        let known = || {
            let policies = agent().get(&url).call().unwrap().body_mut().read_to_string().unwrap();
            policies.contains(&format!("\"{policy}\""))
        };
        while !known() {
            assert!(start.elapsed() < Duration::from_secs(60), "the counter does not learn of {policy}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// How a wallet answers a policy; the counter's verdict is the same. A counter learns a new root a moment after a
    /// wallet; until then it is unknown to it.
    pub(crate) fn answers(&self, home: &str, policy: &str) -> Finished {
        let start = Instant::now();
        loop {
            let pending = self.ask(policy);
            let presented = self.wallet_at(home, &["present", &pending.link(), "--yes", "--json"]);
            let counter = pending.finish();
            if presented.everything().contains("unknown_root") && start.elapsed() < Duration::from_secs(30) {
                counter.no();
                continue;
            }
            if presented.is_yes() {
                counter.yes()
            } else {
                counter.no()
            };
            return presented;
        }
    }

    /// The demonstration's city and the address of its page, as soon as it answers; dropping it ends it.
    pub(crate) fn city(&self) -> (String, Running) {
        let (data, ports) = (self.file("city"), free_row());
        let city = ["--data", &data, "--ports", &ports.to_string()];
        let city = Running::start("city", &city, self.log("city"));
        let url = format!("http://127.0.0.1:{ports}");
        answers(&format!("{url}/healthz"));
        (url, city)
    }

    /// `wallet app` at a free port; its first line is the address.
    pub(crate) fn wallet_app(&self) -> Running {
        let (home, ledger, genesis) = (self.file("app"), self.ledger_url(), self.file("ledger/genesis.json"));
        let arguments = [
            "--home",
            &home,
            "--ledger",
            &ledger,
            "--development",
            "--json",
            "app",
            "--port",
            "0",
            "--genesis",
            &genesis,
        ];
        Running::start("wallet", &arguments, self.log("app"))
    }

    /// `wallet assist`, which opens sealed papers for the counter; its first line is the address.
    pub(crate) fn assistant(&self) -> Running {
        let (ledger, genesis) = (self.ledger_url(), self.file("ledger/genesis.json"));
        let (listen, keys) = (format!("127.0.0.1:{}", self.ports[3]), self.file("assistant-keys"));
        let wallet = ["--ledger", &ledger, "--development", "--json"];
        let assist = ["assist", "--listen", &listen, "--genesis", &genesis, "--keys", &keys, "--every", "1"];
        Running::start("wallet", &[&wallet[..], &assist].concat(), self.log("assistant"))
    }

    pub(crate) fn wallet_at(&self, home: &str, arguments: &[&str]) -> Finished {
        self.wallet_with(home, &self.ledger_url(), arguments)
    }

    fn wallet_with(&self, home: &str, ledger: &str, arguments: &[&str]) -> Finished {
        let (home, genesis) = (self.file(home), self.file("ledger/genesis.json"));
        let mut all = vec!["--home", &home, "--ledger", ledger, "--json"];
        all.extend(arguments);
        if arguments == ["init"] {
            all.extend(["--genesis", &genesis]);
        }
        run("wallet", &all, &[("YONG_PASSPHRASE", PASSPHRASE), ("YONG_DEVELOPMENT", "true")])
    }

    fn founder(&self, department: &str) -> Value {
        let key = std::fs::read_to_string(self.file(&format!("{department}.key.pub"))).unwrap();
        let mut founder = json!({
            "id": format!("{department}.nanning"),
            "title": { "zh-CN": department, "en": department },
            "key": key.trim(),
        });
        match department {
            "gongan" => founder["desk"] = json!(format!("{}/", self.desk_url())),
            "credit" => founder["desk"] = json!(format!("{}/", self.other_desk_url())),
            _ => {}
        }
        founder
    }

    /// Made by `prover setup`, stored as blobs, described by `key.publish` records.
    fn circuit_keys(&self) {
        let keys = self.file("keys");
        run("prover", &["setup", "--out", &keys], &[]).error();
        run("prover", &["setup", "--dev", "--out", &keys], &[]).yes();
        run("prover", &["setup", "--dev", "--out", &keys], &[]).error();
        for circuit in ["show", "enroll"] {
            let file = self.file(&format!("keys/{circuit}-2.key"));
            let blob = run("ledger", &["blob", "add", "--data", &self.file("ledger"), &file], &[]).yes();
            let vk = std::fs::read(self.file(&format!("keys/{circuit}-2.vk.json"))).unwrap();
            let vk: Value = serde_json::from_slice(&vk).unwrap();
            let digest = groth16::VerifyingKey::from_json(&vk).unwrap().digest();
            let record = json!({
                "kind": "key.publish", "circuit": circuit, "version": 2, "vk": vk,
                "vk_digest": hex::encode(digest), "proving_key_digest": sha256_in(&blob.everything()),
                "development": true, "approvals": [],
            });
            self.write(&format!("{circuit}-key.json"), &record);
        }
    }

    fn publications(&self) {
        let schema: Value =
            serde_json::from_str(include_str!("../../../city/story/schemas/identity-1.json")).unwrap();
        self.write("schema.json", &json!({ "kind": "schema.publish", "schema": schema }));
        let adult: Value =
            serde_json::from_str(include_str!("../../../city/story/policies/adult-1.json")).unwrap();
        let mut senior = adult.clone();
        senior["policy"] = json!("senior/1");
        senior["credentials"][0]["require"]["value"] = json!({ "today": "-65y" });
        self.write("policy.json", &json!({ "kind": "policy.publish", "policy": adult }));
        self.write("senior.json", &json!({ "kind": "policy.publish", "policy": senior }));
        self.write("credit.json", &credit_publications());
    }

    fn desk_config(&self) {
        let (proxy, staff) = match self.front {
            Front::Nginx { .. } => {
                self.staff();
                let proxy = "trusted_proxies = ['127.0.0.1']\nadmin_token = 'token'\n";
                (proxy, "[staff]\nclerks = 'clerks'\n")
            }
            Front::Plain | Front::Tls => ("", ""),
        };
        let config = format!(
            "department = 'gongan.nanning'\nkey = 'gongan.key'\nledger = '{}'\ngenesis = 'ledger/genesis.json'\n\
             listen = '127.0.0.1:{}'\npublic_url = '{}'\ndata = 'desk'\ndevelopment = true\n{proxy}\n\
             {staff}{}\n[[schemas]]\nschema = 'identity/1'\nvalidity_days = 365\nbinding = 'enroll'\n",
            self.ledger_url(),
            self.ports[1],
            self.desk_url(),
            self.tls_table()
        );
        std::fs::write(self.file("desk.toml"), config).unwrap();
    }

    fn people_csv(&self) {
        let mut csv = CSV_HEADER.to_owned();
        for (id_number, name, sex, birth_date, district) in PEOPLE {
            writeln!(csv, "{id_number},{name},{sex},{birth_date},{district}").unwrap();
        }
        std::fs::write(self.file("people.csv"), csv).unwrap();
    }

    pub(crate) fn write(&self, name: &str, value: &Value) {
        std::fs::write(self.file(name), serde_json::to_vec(value).unwrap()).unwrap();
    }

    pub(crate) fn log(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(format!("{name}.log"))
    }
}

/// What the credit department publishes for everybody to read: two scoring models with their schema, budget and progress, and
/// totals of a counter in which somebody forgot to leave out a small number.
fn credit_publications() -> Value {
    let read = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
    let schema = read(include_str!("../../../city/story/schemas/credit-factors-1.json"));
    let linear = read(include_str!("../../../city/story/models/credit-scorecard-1.json"));
    let additive = read(include_str!("../../../city/story/models/credit-additive-1.json"));
    let totals = json!({
        "category": "counter-totals",
        "title": { "zh-CN": "一号窗口核验统计", "en": "Totals of counter 1" },
        "document": { "totals": [{ "policy": "adult/1", "passed": 1234, "declined": SMALL }] },
    });
    let budget = read(include_str!("../../../city/story/disclosures/budget-2026.json"));
    let progress = read(include_str!("../../../city/story/disclosures/progress-2026.json"));
    let disclosure = |mut body: Value| {
        body["kind"] = json!("disclosure.publish");
        body
    };
    let mut all = vec![
        json!({ "kind": "schema.publish", "schema": schema }),
        json!({ "kind": "model.publish", "model": linear }),
        json!({ "kind": "model.publish", "model": additive }),
    ];
    all.extend([budget, progress, totals].map(disclosure));
    Value::Array(all)
}

/// The configuration that operators copy, with this test's ports, and TLS behind nginx too. It compares names alone, so an
/// address needs one.
fn server(port: u16, [ledger, desk, counter, _, _, trustee, _]: [u16; 7], pair: &Pair) -> String {
    let there = |port: u16| format!("https://127.0.0.1:{port}");
    let ca = authority().1.display();
    let checked = format!(
        "server_name city.example;\nproxy_ssl_verify on;\nproxy_ssl_name localhost;\n\
         proxy_ssl_trusted_certificate {ca};\nproxy_set_header Host $host;"
    );
    nginx::replaced(
        nginx::EXAMPLE,
        &[
            ("listen 443 ssl", format!("listen 127.0.0.1:{port} ssl")),
            ("/etc/ssl/city.example.pem", pair.cert.display().to_string()),
            ("/etc/ssl/city.example.key", pair.key.display().to_string()),
            ("server_name city.example;", checked),
            ("http://127.0.0.1:7001", there(ledger)),
            ("http://127.0.0.1:7002", there(desk)),
            ("http://127.0.0.1:7003", there(counter)),
            ("http://127.0.0.1:7010", there(trustee)),
        ],
    )
}

/// What programs of a department show to a service that others can reach.
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// So few that the public page must not say it.
const SMALL: u64 = 9;

fn sha256_in(text: &str) -> String {
    let is_digest = |word: &&str| word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit());
    text.split(|c: char| !c.is_ascii_alphanumeric()).find(is_digest).unwrap().to_owned()
}

/// All are taken at once, so that they differ.
fn free_ports() -> [u16; 7] {
    let listeners: [TcpListener; 7] = std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|l| l.local_addr().unwrap().port())
}

/// The first of the city's ports, all of which are free.
fn free_row() -> u16 {
    loop {
        let [first, ..] = free_ports();
        let listen = |offset| TcpListener::bind(("127.0.0.1", first.checked_add(offset)?)).ok();
        if first <= u16::MAX - 100
            && [0, 1, 2, 3, 4, 8, 9, 12, 22].into_iter().all(|offset| listen(offset).is_some())
        {
            return first;
        }
    }
}

/// Asks `/readyz` until it says yes.
pub(crate) fn ready(url: &str) {
    answers(&format!("{url}/readyz"));
}

/// Asks until the answer is yes, for a minute at most.
fn answers(url: &str) {
    let start = Instant::now();
    let agent = agent();
    while !agent.get(url).call().is_ok_and(|answer| answer.status() == 200) {
        assert!(start.elapsed() < Duration::from_secs(60), "{url} does not become ready");
        std::thread::sleep(Duration::from_millis(50));
    }
}
