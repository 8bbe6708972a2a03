/**
 * The commands with which an expert repeats each check without any code of ours: openssl, jq and coreutils, as in
 * docs/formats. They run in a folder with `receipt.json`, `document` and the files of a trust folder. Nothing of a
 * receipt is written into them but names from closed lists: who pastes a command must not run a stranger's text.
 */
import { type DigestName } from '@cunzheng/crypto';
import { type CheckName, type Trust } from '@cunzheng/receipt';

export interface ByHandInput {
  readonly trust: Trust | undefined;
  /** The log that signed, as the trust names it. */
  readonly origin: string | undefined;
  readonly algorithms: readonly DigestName[];
  /** Names, in the trust, of the witnesses that cosigned. */
  readonly witnesses: readonly string[];
}

/** `openssl dgst -…` of each fingerprint algorithm. */
const OPENSSL_NAMES: Readonly<Record<DigestName, string>> = {
  'sha-256': 'sha256',
  'sha-384': 'sha384',
  'sha-512': 'sha512',
  'sha3-256': 'sha3-256',
  sm3: 'sm3',
};

const CHECKPOINT_TEXT = `jq -j .checkpoint receipt.json > checkpoint
sed '/^$/,$d' checkpoint > text`;

/** The path up to the root, RFC 9162 §2.1.3.2; both last lines it leads to are equal. */
const FOLD = `hash() { printf %s "$1" | xxd -r -p | sha256sum | cut -c 1-64; }
leaf() { hash "00435a01$1$(sha256sum < "$2" | cut -c 1-64)$(openssl dgst -sm3 -r "$2" | cut -c 1-64)"; }
jq -j .checkpoint receipt.json > checkpoint
last=$(($(sed -n 2p checkpoint) - 1))`;

const CLIMB = `for other in $(jq -r "$hashes" receipt.json); do
  if [ $((index % 2)) = 1 ] || [ $index = $last ]; then
    node=$(hash "01$other$node")
    while [ $((index % 2)) = 0 ] && [ $index != 0 ]; do index=$((index / 2)) last=$((last / 2)); done
  else
    node=$(hash "01$node$other")
  fi
  index=$((index / 2)) last=$((last / 2))
done
printf %s "$node" | xxd -r -p | base64
sed -n 3p checkpoint`;

/** Disclosures, each as [salt, name, value]. */
const DISCLOSED = `.disclosures[] | gsub("-"; "+") | gsub("_"; "/") | @base64d | fromjson`;

const COMMANDS: Readonly<Record<CheckName, (input: ByHandInput) => string>> = {
  format: () => `wc -c < receipt.json
jq -cjS . receipt.json | cmp - receipt.json && echo canonical
jq -r .format receipt.json`,

  checkpoint: ({ trust, origin }) => {
    const log = trust?.policy.logs.find(({ key }) => key.name === origin && key.type === 'ed25519');
    return `${CHECKPOINT_TEXT}
vkey=${log === undefined ? `$(awk '$1 == "log" { print $2; exit }' policy)` : quote(log.key.vkey)}
( printf 302a300506032b6570032100 | xxd -r -p; echo "\${vkey#*+*+}" | base64 -d | tail -c 32 ) > log.der
awk '/^— /{ print $3; exit }' checkpoint | base64 -d | tail -c 64 > log.sig
openssl pkeyutl -verify -pubin -keyform DER -inkey log.der -rawin -in text -sigfile log.sig
cat text`;
  },

  witnesses: ({ trust, witnesses }) => {
    const cosigned = (trust?.policy.witnesses ?? []).filter(
      ({ name, key }) => witnesses.includes(name) && key.type === 'cosignature/v1',
    );
    return [
      CHECKPOINT_TEXT,
      ...cosigned.map(({ key }) => cosignatureCommand(key.name, key.vkey)),
      'cat policy',
    ].join('\n');
  },

  timestamps: () => `jq -j .checkpoint receipt.json | awk '{ print } /^— /{ exit }' > F
jq -r '.timestamps[0].token' receipt.json | base64 -d > token.der
for c in $(jq -r '.timestamps[0].certificates[]' receipt.json); do
  echo "$c" | base64 -d | openssl x509 -inform DER
done > chain.pem
untrusted=$([ ! -s chain.pem ] || echo -untrusted chain.pem)
openssl ts -verify -data F -in token.der -token_in -CAfile tsa-roots.pem $untrusted
openssl ts -reply -in token.der -token_in -text`,

  record: () => `jq -j .record receipt.json > record.json
jq -cjS . record.json | cmp - record.json && echo canonical
jq . record.json
jq -j .checkpoint receipt.json | head -n 1`,

  inclusion: () => `${FOLD}
jq -j .record receipt.json > record.json
node=$(leaf 01 record.json)
index=$(jq .inclusion.leafIndex receipt.json) hashes='.inclusion.hashes[]'
${CLIMB}`,

  block: () => `${FOLD}
jq -j .block.header receipt.json > header.json
node=$(leaf 00 header.json)
index=$(jq '.firstIndex + .count' header.json) hashes='.block.hashes[]'
${CLIMB}
jq . header.json`,

  disclosures: () => `jq -r '${DISCLOSED} | .[1:] | tojson' receipt.json
for d in $(jq -r '.disclosures[]' receipt.json); do
  digest=$(printf %s "$d" | openssl dgst -sha256 -binary | basenc --base64url | tr -d =)
  jq -j .record receipt.json | jq -r '._sd[]' | grep -qxF -e "$digest" && echo "in the record: $digest"
done`,

  document: ({
    algorithms,
  }) => `${algorithms.map((name) => `openssl dgst -${OPENSSL_NAMES[name]} document`).join('\n')}
jq -j .record receipt.json | jq -r '.fingerprints[] | "\\(.algorithm) \\(.digest)"'`,

  statement: () => `shown() { jq -r --arg n "$1" '${DISCLOSED} | select(.[1] == $n) | .[2]' receipt.json; }
shown envelope > envelope.json
jq -r .payload envelope.json | base64 -d > payload.json
printf 'DSSEv1 39 application/vnd.cunzheng.statement+json %d ' "$(wc -c < payload.json)" | cat - payload.json > pae.bin
jq -r '.signatures[0].sig' envelope.json | base64 -d > sig.bin
shown signer.0.key | base64 -d > signer.der
openssl pkeyutl -verify -pubin -keyform DER -inkey signer.der -rawin -in pae.bin -sigfile sig.bin
jq . payload.json`,

  signers: () => `jq -r '${DISCLOSED} | select(.[1] | startswith("signer.")) | .[1:] | tojson' receipt.json
jq -j .record receipt.json | jq '{signers, assurance}'`,

  time: () => `jq -j .record receipt.json | jq -r .acceptedAt
jq -j .block.header receipt.json | jq -r .createdAt`,
};

export function commandsFor(name: CheckName, input: ByHandInput): string {
  return COMMANDS[name](input);
}

function cosignatureCommand(keyName: string, vkey: string): string {
  return `awk -v name=${quote(keyName)} '$1 == "—" && $2 == name { print $3 }' checkpoint | base64 -d > w.bin
seconds=$((16#$(head -c 12 w.bin | tail -c 8 | xxd -p)))
printf 'cosignature/v1\\ntime %d\\n' "$seconds" | cat - text > w.msg
tail -c 64 w.bin > w.sig
vkey=${quote(vkey)}
( printf 302a300506032b6570032100 | xxd -r -p; echo "\${vkey#*+*+}" | base64 -d | tail -c 32 ) > w.der
openssl pkeyutl -verify -pubin -keyform DER -inkey w.der -rawin -in w.msg -sigfile w.sig
date -u -d @$seconds`;
}

/** One word for a shell, whatever is in it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
