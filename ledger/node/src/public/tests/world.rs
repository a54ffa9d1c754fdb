//! A ledger with one thing of every kind, and its pages without a network.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::Response;
use ledger::record::{Approval, Entry, Record, Signer};
use ledger::samples::{self, insecure_key, sign, sign_approved};
use serde_json::{Value, json};
use service::http::{Exposure, TrustedProxies};
use tempfile::TempDir;
use tower::ServiceExt as _;

use crate::testing::{CREDIT, TAX, data};
use crate::{Config, Node, app, exposed_app};

/// A node and what it serves.
pub(super) struct World {
    node: Arc<Node>,
    _folder: TempDir,
}

/// A page as it came.
pub(super) struct Page {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) html: String,
}

impl World {
    /// A ledger of which nothing is published.
    pub(super) fn empty() -> Self {
        let folder = data();
        Self { node: Arc::new(Node::open(&Config::new(folder.path())).unwrap()), _folder: folder }
    }

    /// A ledger with one thing of every kind.
    pub(super) async fn full() -> Self {
        let world = Self::empty();
        world.accept(vec![publish(schema()), publish(model()), publish(policy())]).await;
        world
            .accept(vec![publish(budget()), publish(progress()), publish(totals()), publish(elsewhere())])
            .await;
        world
            .accept(vec![
                sign(samples::commit("c1", "credit-factors/1", 0..12), CREDIT),
                sign(samples::status("s1", 3, "revoke"), CREDIT),
            ])
            .await;
        world.accept(vec![rotation()]).await;
        world.accept(vec![admission(), sign(counter(), CREDIT)]).await;
        world.accept(vec![withdrawal()]).await;
        world.accept(vec![publish(additive())]).await;
        world
    }

    pub(super) async fn accept(&self, entries: Vec<Entry>) {
        self.node.submit(entries).unwrap().await.unwrap().unwrap();
    }

    /// Why an entry is refused.
    pub(super) async fn refuse(&self, entry: Entry) -> String {
        self.node.submit(vec![entry]).unwrap().await.unwrap().unwrap_err().to_string()
    }

    pub(super) async fn get(&self, path: &str) -> Page {
        self.get_with(path, &[]).await
    }

    pub(super) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Page {
        let request =
            headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
        Page::read(app(self.node.clone()).oneshot(request.body(Body::empty()).unwrap()).await.unwrap()).await
    }

    /// A form that a page of this site sends.
    pub(super) async fn post(&self, path: &str, fields: &str) -> Page {
        let request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        let request = request.body(Body::from(fields.to_owned())).unwrap();
        Page::read(app(self.node.clone()).oneshot(request).await.unwrap()).await
    }

    /// The page as a reader has it who finds the ledger under a path.
    pub(super) async fn under(&self, base: &str, path: &str) -> Page {
        let listener = ([127, 0, 0, 1], 7001).into();
        let public = format!("https://city.example{base}");
        let exposure = Exposure::new(listener, Some(&public), TrustedProxies::default()).unwrap();
        let request = Request::get(path).body(Body::empty()).unwrap();
        Page::read(exposed_app(self.node.clone(), exposure).oneshot(request).await.unwrap()).await
    }

    /// The page in English, which must be there.
    pub(super) async fn english(&self, path: &str) -> String {
        let page = self.get_with(path, &[("accept-language", "en")]).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        page.html
    }
}

impl Page {
    async fn read(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 24).await.unwrap();
        let html = String::from_utf8(bytes.to_vec()).unwrap();
        Self { status: parts.status, headers: parts.headers, html }
    }
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Every path that [`World::full`] has, with the entries' numbers in the order of their batches.
pub(super) const PATHS: [&str; 30] = [
    "/",
    "/departments",
    "/departments/credit.nanning",
    "/departments/tax.nanning",
    "/departments/court.nanning",
    "/verifiers",
    "/records/18",
    "/schemas",
    "/schemas/credit-factors/1",
    "/policies",
    "/policies/housing/1",
    "/models",
    "/models/card/1",
    "/models/card/1?try=1&years=4&bad=true&income=12.50&since=2000-01-01&level=A",
    "/models/curves/1",
    "/models/curves/1?try=1&years=4&bad=true&income=&since=2000-01-01&level=A",
    "/disclosures",
    "/disclosures/5",
    "/disclosures/6",
    "/disclosures/7",
    "/disclosures/8",
    "/records",
    "/records?before=4",
    "/records/0",
    "/records/10",
    "/keys",
    "/checkpoints",
    "/checkpoints?before=9",
    "/numbers",
    "/search?q=credit",
];

pub(super) fn publish(record: Value) -> Entry {
    sign(samples::record(record), CREDIT)
}

fn title(chinese: &str, english: &str) -> Value {
    json!({"zh-CN": chinese, "en": english})
}

fn schema() -> Value {
    let attribute = |name: &str, more: Value, chinese: &str, english: &str| {
        let mut attribute = json!({"name": name, "title": title(chinese, english)});
        attribute.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        attribute
    };
    json!({"kind": "schema.publish", "id": "schema/credit-factors/1", "schema": {
    "schema": "credit-factors/1", "title": title("信用因素", "Credit factors"), "attributes": [
        attribute("years", json!({"type": "uint", "max": 80}), "工龄", "Years in work"),
        attribute("bad", json!({"type": "bool"}), "不良记录", "Bad records"),
        attribute("income", json!({"type": "decimal", "scale": 2, "max": 1_000_000, "optional": true}), "收入", "Income"),
        attribute("since", json!({"type": "date"}), "起始", "Since"),
        attribute("level", json!({"type": "enum", "codes": {"A": 1, "B": 2}}), "等级", "Level"),
        attribute("name", json!({"type": "text"}), "名称", "Name"),
    ]}})
}

fn model() -> Value {
    json!({"kind": "model.publish", "id": "model/card/1", "model": {
        "model": "card/1", "schema": "credit-factors/1", "base": 400_000, "scale": 1000,
        "title": title("评分卡", "Scorecard"), "meaning": title("分数的含义", "What a point means"),
        "weights": {"years": 6296, "bad": -132_437, "income": 7, "since": 1, "level": 100}}})
}

fn additive() -> Value {
    json!({"kind": "model.publish", "id": "model/curves/1", "model": {
        "model": "curves/1", "kind": "additive", "schema": "credit-factors/1", "base": 400_000, "scale": 1000,
        "title": title("加性模型", "Additive model"), "meaning": title("分数的含义", "What a point means"),
        "curves": {"years": {"edges": [0, 5, 20], "points": [0, 12_500, 30_000]},
            "bad": {"edges": [0, 1], "points": [0, -90_000]},
            "income": {"edges": [0, 100_000], "points": [-5000, 20_000], "absent": -7000},
            "since": {"edges": [-719_162, 10_957], "points": [3000, 0]},
            "level": {"edges": [0, 2], "points": [40_000, 0]}}}})
}

fn policy() -> Value {
    json!({"kind": "policy.publish", "id": "policy/housing/1", "policy": {
        "policy": "housing/1", "title": title("公租房", "Housing"), "purpose": title("资格审核", "Eligibility"),
        "legal_basis": title("第七条", "Article 7"), "retention_days": 90,
        "pseudonym": {"scope": "housing-2026", "uses": 1}, "max_root_age_s": 86_400,
        "credentials": [{"id": "credit", "schema": "credit-factors/1", "issuers": [CREDIT, TAX],
            "require": {"all": [
                {"model": "card/1", "op": "ge", "value": 600},
                {"attr": "since", "op": "le", "value": {"today": "-18y"}}]},
            "reveal": ["level"]}]}})
}

pub(super) fn disclosure(id: &str, category: &str, document: &Value) -> Value {
    json!({"kind": "disclosure.publish", "id": id, "category": category, "title": title("公开文件", id), "document": document})
}

fn budget() -> Value {
    let lines = json!([{"item": title("窗口设备", "Counter equipment"), "amount": 860_000}]);
    disclosure("budget/1", "budget", &json!({"year": 2026, "unit": "CNY", "lines": lines}))
}

fn progress() -> Value {
    let projects =
        json!([{"name": title("账本", "The ledger"), "done": 80, "planned": 90, "due": "2026-12"}]);
    disclosure("progress/1", "project", &json!({"projects": projects}))
}

fn totals() -> Value {
    let totals = json!([{"policy": "housing/1", "passed": 1234, "declined": 9}, {"policy": "gone/1"}]);
    disclosure("totals/1", "counter-totals", &json!({"totals": totals}))
}

fn elsewhere() -> Value {
    let digest = ledger::digest::Digest::of(b"a report");
    json!({"kind": "disclosure.publish", "id": "report/1", "category": "report", "title": title("报告", "Report"),
        "url": "https://example.org/report.pdf", "digest": digest})
}

fn rotation() -> Entry {
    let record = json!({"kind": "department.rotate", "id": "rotate/1", "department": TAX,
        "key": insecure_key("a new key").public(), "approvals": []});
    sign_approved(record_of(record), &[CREDIT, TAX])
}

/// Signed by the tax office, whose key was replaced, and approved by others too.
fn agreed(mut record: Record, entries: u64, approvers: &[(&str, &str)]) -> Entry {
    record.bind(samples::terms(entries));
    for (id, key) in approvers {
        let approval =
            Approval::sign(&samples::origin(), &record, id.parse().unwrap(), &insecure_key(key)).unwrap();
        record.approve(approval);
    }
    let signer = Signer::Department(TAX.parse().unwrap());
    Entry::sign(&samples::origin(), record, signer, &insecure_key("a new key")).unwrap()
}

fn admission() -> Entry {
    let record = json!({"kind": "department.admit", "id": "admit/1", "department": samples::department(COURT),
        "approvals": []});
    agreed(record_of(record), 15, &[(CREDIT, CREDIT), (TAX, "a new key")])
}

fn counter() -> Record {
    let counter = samples::verifier("counter/1", &samples::client_id(1), "Counter 1", 4_000_000_000);
    let mut json = serde_json::to_value(counter).unwrap();
    json["register"] = json!(CREDIT);
    record_of(json)
}

fn withdrawal() -> Entry {
    agreed(samples::withdraw("withdraw/1", CREDIT, 4, 5), 18, &[(COURT, COURT), (TAX, "a new key")])
}

/// A department becomes a trustee, and another one asks for shares. They come after [`World::full`], as entries 22 and 23.
pub(super) fn trustee_and_recovery() -> Vec<Entry> {
    let mut recovery = serde_json::to_value(samples::recovery("recovery/1", "a bundle", TAX)).unwrap();
    recovery["time"] = json!(service::clock::Clock::system().now());
    let recovery = agreed(record_of(recovery), 22, &[(CREDIT, CREDIT)]);
    vec![sign(samples::trustee("trustee/1", "a key"), CREDIT), recovery]
}

/// Joins later.
const COURT: &str = "court.nanning";

fn record_of(json: Value) -> Record {
    samples::record(json)
}
