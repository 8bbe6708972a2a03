/** For those who have not the document but its fingerprint. */
import { type DigestName } from '@cunzheng/crypto';
import { type JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useWords } from '../language/language.js';
import { DIGITS, parseFingerprint } from './parse-fingerprint.js';

const ALGORITHMS = Object.keys(DIGITS) as DigestName[];

interface FingerprintFormProps {
  readonly onFingerprint: (algorithm: DigestName, digest: string) => void;
}

export function FingerprintForm({ onFingerprint }: FingerprintFormProps): JSX.Element {
  const { fingerprint } = useWords();
  const [algorithm, setAlgorithm] = useState<DigestName>('sha-256');
  const [text, setText] = useState('');
  const [isRefused, setIsRefused] = useState(false);
  const submit = (event: Event): void => {
    event.preventDefault();
    const digest = parseFingerprint(algorithm, text);
    setIsRefused(digest === undefined);
    if (digest === undefined) return;
    onFingerprint(algorithm, digest);
    setText('');
  };
  return (
    <details class="fingerprint">
      <summary>{fingerprint.summary}</summary>
      <p>{fingerprint.explain}</p>
      <pre>
        <code>openssl dgst -{algorithm.replace(/^sha-/, 'sha')} document</code>
      </pre>
      <form onSubmit={submit}>
        <label>
          {fingerprint.algorithm}
          <select
            value={algorithm}
            onChange={({ currentTarget }) => {
              setAlgorithm(ALGORITHMS.find((name) => name === currentTarget.value) ?? 'sha-256');
            }}
          >
            {ALGORITHMS.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label class="grow">
          {fingerprint.digest}
          <input
            value={text}
            spellcheck={false}
            autocomplete="off"
            aria-invalid={isRefused}
            aria-describedby={isRefused ? 'fingerprint-refused' : undefined}
            onInput={({ currentTarget }) => {
              setText(currentTarget.value);
            }}
          />
        </label>
        <button class="button">{fingerprint.add}</button>
      </form>
      {isRefused && (
        <p class="refused" role="alert" id="fingerprint-refused">
          {fingerprint.invalid(DIGITS[algorithm])}
        </p>
      )}
    </details>
  );
}
