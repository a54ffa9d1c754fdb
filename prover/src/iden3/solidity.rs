//! A contract for Ethereum that checks proofs of one key, with the precompiled contracts of EIP-196 and EIP-197.

use ark_bn254::{Fq, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::PrimeField;
use groth16::VerifyingKey;

use super::points::put_plain;

/// The source text. `verifyProof` takes a proof as snarkjs prints it for a call, and the public inputs in order.
pub fn contract(vk: &VerifyingKey, name: &str) -> String {
    let key = vk.as_ark();
    let alpha_beta = negated_constants(key);
    let replaced = [
        ("@NAME@", identifier(name)),
        ("@DIGEST@", hex::encode(vk.digest())),
        ("@Q@", Fq::MODULUS.to_string()),
        ("@R@", Fr::MODULUS.to_string()),
        ("@INPUTS@", vk.public_inputs().to_string()),
        ("@IC@", plain1(&key.gamma_abc_g1)),
        ("@ALPHA@", alpha_beta),
        ("@GAMMA@", plain2(&[key.gamma_g2])),
        ("@DELTA@", plain2(&[key.delta_g2])),
    ];
    replaced.iter().fold(TEMPLATE.to_owned(), |text, (mark, value)| text.replace(mark, value))
}

/// α and β as one piece: the pair that the contract adds to the others.
fn negated_constants(key: &ark_groth16::VerifyingKey<ark_bn254::Bn254>) -> String {
    plain1(&[key.alpha_g1]) + &plain2(&[key.beta_g2])
}

fn plain1(points: &[G1Affine]) -> String {
    let mut bytes = Vec::new();
    put_plain(&mut bytes, points);
    hex::encode(bytes)
}

fn plain2(points: &[G2Affine]) -> String {
    debug_assert!(points.iter().all(|p| !p.is_zero()), "a verifying key has no point at infinity");
    let mut bytes = Vec::new();
    put_plain(&mut bytes, points);
    hex::encode(bytes)
}

/// Letters and digits only, beginning with a letter.
fn identifier(name: &str) -> String {
    let kept: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    if kept.starts_with(|c: char| c.is_ascii_alphabetic()) { kept } else { format!("V{kept}") }
}

const TEMPLATE: &str = r#"// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.20;

/// Groth16 over BN254 for the verifying key @DIGEST@.
contract @NAME@ {
    /// Order of the base field.
    uint256 private constant Q = @Q@;
    /// Order of the groups.
    uint256 private constant R = @R@;
    /// Number of public inputs.
    uint256 private constant INPUTS = @INPUTS@;
    /// One point for the constant one and for each public input, 64 bytes each.
    bytes private constant IC = hex"@IC@";
    /// Alpha in G1 and beta in G2, as the pairing takes them.
    bytes private constant ALPHA_BETA = hex"@ALPHA@";
    bytes private constant GAMMA = hex"@GAMMA@";
    bytes private constant DELTA = hex"@DELTA@";

    /// Whether e(a, b) = e(alpha, beta) e(inputs, gamma) e(c, delta). Never reverts on a bad proof: it answers no.
    function verifyProof(
        uint256[2] calldata a,
        uint256[2][2] calldata b,
        uint256[2] calldata c,
        uint256[@INPUTS@] calldata inputs
    ) external view returns (bool) {
        // The precompiled contracts refuse coordinates that are not reduced; the negation below needs it here already.
        if (a[1] >= Q) return false;
        (bool summed, uint256 x, uint256 y) = weigh(inputs);
        if (!summed) return false;
        bytes memory pairs = abi.encodePacked(
            abi.encodePacked(a[0], (Q - a[1]) % Q, b[0][0], b[0][1], b[1][0], b[1][1]),
            ALPHA_BETA,
            abi.encodePacked(x, y, GAMMA),
            abi.encodePacked(c[0], c[1], DELTA)
        );
        (bool paired, bytes memory answer) = address(8).staticcall(pairs);
        return paired && answer.length == 32 && abi.decode(answer, (uint256)) == 1;
    }

    /// IC[0] + sum of inputs[i] IC[i + 1].
    function weigh(uint256[@INPUTS@] calldata inputs) private view returns (bool, uint256 x, uint256 y) {
        bytes memory ic = IC;
        (x, y) = point(ic, 0);
        for (uint256 i = 0; i < INPUTS; i++) {
            if (inputs[i] >= R) return (false, 0, 0);
            (uint256 px, uint256 py) = point(ic, i + 1);
            (bool multiplied, bytes memory product) = address(7).staticcall(abi.encode(px, py, inputs[i]));
            if (!multiplied || product.length != 64) return (false, 0, 0);
            (px, py) = abi.decode(product, (uint256, uint256));
            (bool added, bytes memory sum) = address(6).staticcall(abi.encode(x, y, px, py));
            if (!added || sum.length != 64) return (false, 0, 0);
            (x, y) = abi.decode(sum, (uint256, uint256));
        }
        return (true, x, y);
    }

    function point(bytes memory ic, uint256 index) private pure returns (uint256 x, uint256 y) {
        assembly {
            let at := add(add(ic, 32), mul(index, 64))
            x := mload(at)
            y := mload(add(at, 32))
        }
    }
}
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contract_is_named_by_letters_and_digits() {
        assert_eq!(identifier("enroll-1"), "enroll1");
        assert_eq!(identifier("1; selfdestruct"), "V1selfdestruct");
        assert_eq!(identifier("宁"), "V");
    }

    #[test]
    fn every_mark_is_filled_in() {
        let text = contract(crate::testing::prover().enroll.verifying_key(), "Enroll1");
        assert!(!text.contains('@') && text.contains("contract Enroll1 {"), "{text}");
    }
}
