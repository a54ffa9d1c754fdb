//! The light client against a real node.

use ledger::client::Client;
use ledger::follow::{Follower, ShardFollower};

use crate::support::{commit, data, schema, serve, status};

#[test]
fn a_wallet_follows_its_shard_through_changes() {
    let folder = data();
    let node = serve(folder.path());
    let client = Client::new(node.url.parse().unwrap());
    node.accept(&[schema("score/1"), commit("c1", 0, 300)]);
    let mut follower = Follower::light(client.genesis().unwrap());
    let position = 299.try_into().unwrap();
    let mut shard = ShardFollower::of(position);
    shard.sync(&client, &mut follower, now()).unwrap();
    let leaf = *shard.leaf(position).unwrap();
    let path = shard.path(position).unwrap();
    assert_eq!(path.root(&leaf), *follower.newest().unwrap().credential_root());
    node.accept(&[status("s1", 299, "suspend"), commit("c2", 1000, 5)]);
    shard.sync(&client, &mut follower, now()).unwrap();
    assert_eq!(shard.leaf(position), Some(&0.into()));
    node.accept(&[status("s2", 299, "restore"), status("s3", 298, "revoke")]);
    shard.sync(&client, &mut follower, now()).unwrap();
    assert_eq!(shard.leaf(position), Some(&leaf));
    let path = shard.path(position).unwrap();
    assert_eq!(path.root(&leaf), *follower.newest().unwrap().credential_root());
}

/// Unix seconds.
fn now() -> u64 {
    service::clock::Clock::system().now()
}
