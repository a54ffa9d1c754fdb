// Compiles DIR/Enroll.sol, deploys it and calls it with DIR/call.json: unchanged, and with one thing changed at a time.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createEVM } from '@ethereumjs/evm';
import { bytesToHex, createAddressFromString, hexToBytes } from '@ethereumjs/util';

const solc = createRequire(import.meta.url)('solc');
const dir = process.argv[2];
const Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;
const R = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

function compile() {
    const input = {
        language: 'Solidity',
        sources: { 'Enroll.sol': { content: readFileSync(`${dir}/Enroll.sol`, 'utf8') } },
        settings: { optimizer: { enabled: true }, outputSelection: { '*': { '*': ['evm.bytecode.object', 'evm.methodIdentifiers'] } } },
    };
    const output = JSON.parse(solc.compile(JSON.stringify(input)));
    for (const error of output.errors ?? []) console.error(error.formattedMessage);
    const contract = output.contracts['Enroll.sol'].Enroll;
    return { code: hexToBytes(`0x${contract.evm.bytecode.object}`), selector: Object.values(contract.evm.methodIdentifiers)[0] };
}

function words(call) {
    const { pi_a: a, pi_b: b, pi_c: c } = call.proof;
    return [a[0], a[1], b[0][1], b[0][0], b[1][1], b[1][0], c[0], c[1], ...call.public].map(BigInt);
}

const { code, selector } = compile();
const evm = await createEVM();
const caller = createAddressFromString('0x00000000000000000000000000000000000000aa');
const created = await evm.runCall({ caller, data: code, gasLimit: 100_000_000n });
if (created.execResult.exceptionError) throw created.execResult.exceptionError;

async function ask(numbers) {
    const data = hexToBytes(`0x${selector}${numbers.map((x) => x.toString(16).padStart(64, '0')).join('')}`);
    const { execResult } = await evm.runCall({ caller, to: created.createdAddress, data, gasLimit: 10_000_000n });
    if (execResult.exceptionError) throw execResult.exceptionError;
    return { yes: BigInt(bytesToHex(execResult.returnValue)) === 1n, gas: execResult.executionGasUsed };
}

const sound = words(JSON.parse(readFileSync(`${dir}/call.json`, 'utf8')));
const changed = async (change) => {
    const numbers = [...sound];
    change(numbers);
    return (await ask(numbers)).yes;
};
const first = await ask(sound);
console.log(JSON.stringify({
    sound: first.yes,
    gas: Number(first.gas),
    input: await changed((n) => { n[8] += 1n; }),
    input_above_r: await changed((n) => { n[8] += R; }),
    a: await changed((n) => { n[1] = Q - n[1]; }),
    a_above_q: await changed((n) => { n[1] += Q; }),
    b: await changed((n) => { [n[2], n[3]] = [n[3], n[2]]; }),
    c: await changed((n) => { n[6] ^= 1n; }),
    swapped: await changed((n) => { [n[0], n[1], n[6], n[7]] = [n[6], n[7], n[0], n[1]]; }),
}));
