/**
 * `README.txt`: how an expert verifies the whole package with `openssl`, `sha256sum` and `unzip` and the shell's own
 * tools. The lines set in by four spaces are a script: pasted into a POSIX shell in the unpacked folder, or as a test does,
 * they must say the same of every package.
 */

const HEAD = `证据包 / Evidence package (cunzheng/package@v1, ASiC-E: ETSI EN 319 162-1)

本包由回执组成；回执证明具有所列指纹的字节在所载时间之前已经存在，且记录未被改动。
最简单的验证方法：用浏览器打开验证页（verify.html，无需网络；从何处取得见下文），拖入本文件与文件原件。
以下命令供专家逐步手工验证，只需 unzip、openssl、sha256sum 和 POSIX shell。

This package holds receipts. A receipt proves that bytes with the listed fingerprints existed by the time given and that
their record is unchanged since. It does not say that their content is true, lawful, original or complete.
The easy way: open the verify page in a browser (verify.html, no network needed; where to get it stands below) and drop
this file and the documents on it.
The commands below verify everything by hand, with unzip, openssl, sha256sum and a POSIX shell, in the unpacked folder.

任何包都不能为自己作证：本文件与 verify.html 同其他文件一样，来自交给您本包的人。请使用从运营方网站另行取得的验证页，
或比对其哈希：sha256sum verify.html 的结果应与该网站 /verify.html.sha256 所载一致。日志公钥与根证书也须自备，不可取自本包。

No package can vouch for itself: this file and verify.html came from whoever gave you the package, as everything in it did.
Use a page that you got from the operator's site, or compare its hash: "sha256sum verify.html" must say what the site says
at /verify.html.sha256. The page changes when a log says something new of itself: then use the site's own.

What you bring yourself, from somewhere you trust and never from this package; without it the commands stop:
  LOG_KEY    the file with the log's public key (PEM), or several files with a space between them
  TSA_ROOTS  the file with the root certificates (PEM) of the timestamping authorities you accept
If you have the log's key as VKEY=NAME+HASH+BASE64, as the policy in a trust folder has it, this makes a PEM file of it:

  { printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000'; echo "$VKEY" | cut -d+ -f3- |
  openssl base64 -d -A | tail -c +2; } | openssl pkey -pubin -inform DER -out log-key.pem
`;

const FUNCTIONS = `
0. Tools

    set -u
    hash() { sha256sum | cut -d" " -f1; }
    hex() { od -An -v -tx1 | tr -d " \\n"; }
    same() { if [ "$1" = "$2" ]; then echo "ok: $3"; else echo "DIFFERENT: $3"; exit 1; fi; }
`;

const FILES = `
1. The files are those of the manifest

    sha256sum --quiet -c SHA256SUMS || exit 1
    grep -qF "$(openssl dgst -sha256 -binary SHA256SUMS | openssl base64 -A)" META-INF/ASiCManifest.xml || exit 1
    echo "ok: files"
`;

const STAMPED = `
2. The manifest existed by the time of its timestamp

    openssl ts -verify -data META-INF/ASiCManifest.xml -in META-INF/timestamp.tst -token_in -CAfile "$TSA_ROOTS" || exit 1
    openssl ts -reply -in META-INF/timestamp.tst -token_in -text | grep "Time stamp"
`;

const NOT_STAMPED = `
2. The manifest has no timestamp: no timestamping authority was configured when the package was made. The receipts stand
   on their own.
`;

const EVIDENCE = `
3. Each record, and the header of its block, is in the log

   leaf.bin is 00 and the entry; the entry is 43 5A 01, its type, and SHA-256 and SM3 of body.json. Each step is 01 and two
   hashes, of which one is that of the file before. The last hash is the root in the checkpoint.

    climb() {
      h=$(hash < "$1/leaf.bin")
      for step in "$1"/step-*.bin; do
        [ -e "$step" ] || continue
        [ "$(head -c 1 "$step" | hex)" = 01 ] || { echo "not a node: $step"; return; }
        left=$(tail -c +2 "$step" | head -c 32 | hex)
        right=$(tail -c 32 "$step" | hex)
        if [ "$h" != "$left" ] && [ "$h" != "$right" ]; then echo "broken: $step"; return; fi
        h=$(hash < "$step")
      done
      echo "$h"
    }
    for e in evidence/*; do
      c=$(cat "$e/checkpoint-folder.txt")
      root=$(sed -n 3p "$c/signed.txt" | openssl base64 -d -A | hex)
      for part in record header; do
        same "$(hash < "$e/$part/body.json")" "$(tail -c +6 "$e/$part/leaf.bin" | head -c 32 | hex)" "$e/$part SHA-256"
        sm3=$(openssl dgst -sm3 -r "$e/$part/body.json" | cut -d" " -f1)
        same "$sm3" "$(tail -c 32 "$e/$part/leaf.bin" | hex)" "$e/$part SM3"
        same "$(climb "$e/$part")" "$root" "$e/$part is in the log"
      done
    done

4. Each disclosure belongs to its record

    for d in evidence/*/disclosures/*.txt; do
      [ -e "$d" ] || continue
      digest=$(openssl dgst -sha256 -binary "$d" | openssl base64 -A | tr "+/" "-_" | tr -d =)
      grep -qF "\\"$digest\\"" "$(dirname "$d")/../record/body.json" || { echo "DIFFERENT: $d"; exit 1; }
    done
    echo "ok: disclosures"

5. The log signed the checkpoints

   claimed-log-key.pem is the key that the package names: compare it with yours, never use it in its place.

    for c in checkpoints/*; do
      by=
      for key in \${LOG_KEY:?set it to the file of the public key of the log, from its operator and not from this package}; do
        openssl pkeyutl -verify -pubin -inkey "$key" -rawin -in "$c/signed.txt" -sigfile "$c/log.sig" >&2 && by=$key
      done
      [ "$by" ] || { echo "DIFFERENT: $c is not signed with LOG_KEY"; exit 1; }
      echo "ok: $c is signed with $by"
    done

6. Others vouch for the time of the checkpoints

    for t in checkpoints/*/timestamp-*.tst; do
      [ -e "$t" ] || continue
      openssl ts -verify -data "$(dirname "$t")/stamped.bin" -in "$t" -token_in -CAfile "$TSA_ROOTS" -untrusted "\${t%.tst}.chain.pem" || exit 1
    done

7. The signers signed their statements (where the receipt shows them)

    for s in evidence/*/statement/signer-*.sig; do
      [ -e "$s" ] || continue
      dir=$(dirname "$s"); stem=$(basename "$s" .sig); key="$dir/\${stem%%.*}.pem"; alg=\${stem#*.}
      [ -e "$key" ] || { echo "key withheld: $s"; continue; }
      case "$alg" in
        ed25519 | ml-dsa-65) openssl pkeyutl -verify -pubin -inkey "$key" -rawin -in "$dir/signed.bin" -sigfile "$s" ;;
        rsa-pss-sha256) openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -verify "$key" -signature "$s" "$dir/signed.bin" ;;
        sm2-sm3) openssl dgst -sm3 -sigopt distid:1234567812345678 -verify "$key" -signature "$s" "$dir/signed.bin" ;;
        *) openssl dgst -sha256 -verify "$key" -signature "$s" "$dir/signed.bin" ;;
      esac || exit 1
    done

8. The documents are those that were recorded

   Each fingerprint in record/body.json is of the document as it is, byte for byte.

    for d in documents/*; do
      [ -e "$d" ] || continue
      record="evidence/$(basename "$d" | cut -c1-3)/record/body.json"
      for pair in sha-256=sha256 sha-384=sha384 sha-512=sha512 sha3-256=sha3-256 sm3=sm3; do
        grep -qF "\\"algorithm\\":\\"\${pair%%=*}\\"" "$record" || continue
        digest=$(openssl dgst "-\${pair#*=}" -r "$d" | cut -d" " -f1)
        grep -qF "\\"digest\\":\\"$digest\\"" "$record" || { echo "DIFFERENT: $d"; exit 1; }
        echo "ok: $d \${pair%%=*}"
      done
    done
`;

/** `stamped`: whether the manifest has a timestamp. */
export function formatReadme(stamped: boolean): string {
  return `${HEAD}${FUNCTIONS}${FILES}${stamped ? STAMPED : NOT_STAMPED}${EVIDENCE}`;
}
