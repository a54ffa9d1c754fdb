// Makes a Semaphore proof for a group of three under the key of Semaphore's public ceremony, and prints it as snarkjs would.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { Group, Identity, generateProof } from '@semaphore-protocol/core';
import { unpackGroth16Proof } from '@zk-kit/utils';
import { keccak256 } from 'ethers/crypto';
import { toBeHex } from 'ethers/utils';

const DEPTH = 2;
const artifacts = (end) => createRequire(import.meta.url).resolve(`@zk-kit/semaphore-artifacts/semaphore-${DEPTH}.${end}`);
// Semaphore hashes messages and scopes to numbers below the order of the field.
const hashed = (x) => (BigInt(keccak256(toBeHex(x, 32))) >> 8n).toString();

const identities = ['one', 'two', 'three'].map((secret) => new Identity(secret));
const group = new Group(identities.map((identity) => identity.commitment));
const snark = { wasm: artifacts('wasm'), zkey: artifacts('zkey') };
// Points in the plane become points in space.
const spatial = ({ pi_a: a, pi_b: b, pi_c: c }) => ({
    pi_a: [...a, '1'], pi_b: [...b, ['1', '0']], pi_c: [...c, '1'], protocol: 'groth16', curve: 'bn128',
});
const made = await generateProof(identities[1], group, 42n, 7n, DEPTH, snark);
console.log(JSON.stringify({
    vk: JSON.parse(readFileSync(artifacts('json'), 'utf8')),
    proof: spatial(unpackGroth16Proof(made.points)),
    public: [made.merkleTreeRoot, made.nullifier, hashed(made.message), hashed(made.scope)],
    zkey: snark.zkey,
}));
process.exit(0);
