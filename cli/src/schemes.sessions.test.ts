// A message is verified and signed at the terminal as a gateway would, without one; the exit code is the verdict, and no secret is
// shown. K7 U11 U4; trap both-way tolerance.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { canary, canaryValue } from '../../tools/leaks/canaries.ts';
import { sallyport, withFolder } from '../test/session.ts';
import { playTranscript } from '../test/transcript.ts';

const transcript = new URL('../test/transcripts-offline/schemes.txt', import.meta.url);
const ADYEN =
  '{"live":"false","notificationItems":[{"NotificationRequestItem":{"pspReference":"7914073381342284","merchantAccountCode":"TestMerchant","merchantReference":"TestPayment-1407325143704","amount":{"value":1130,"currency":"EUR"},"eventCode":"AUTHORISATION","success":"true"}}]}';

test('a session with schemes', async (t) => {
  const cwd = await withFolder(t);
  await writeFile(join(cwd, 'body.json'), '{"test": 2432232314}');
  await writeFile(join(cwd, 'other.json'), '{"test": 2432232315}');
  await writeFile(
    join(cwd, 'headers.txt'),
    'Host: hooks.example.test\nsvix-id: msg_p5jXN8AQM9LWM0D4loKWxJek\nsvix-timestamp: 1614265330\nsvix-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\n',
  );
  await writeFile(join(cwd, 'no-headers.txt'), 'no header\n');
  await writeFile(join(cwd, 'adyen.json'), ADYEN);
  await writeFile(join(cwd, 'scheme.json'), '{"headers":{"signature":"X-Signature"}}');
  const env = {
    SVIX_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    ADYEN_SECRET: '44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056',
    CANARY: canary('webhookSecret'),
  };
  await playTranscript(readFileSync(transcript, 'utf8'), { cwd, env });
  // Adyen's own published signature for that item.
  assert.match(
    await readFile(join(cwd, 'signed.json'), 'utf8'),
    /"coqCmt\/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU\+iCWo0="/,
  );
});

test('with --json a refusal is one document on stdout, with its reason and without a secret', async (t) => {
  const cwd = await withFolder(t);
  await writeFile(join(cwd, 'body'), 'a body');
  await writeFile(join(cwd, 'headers'), `Koywe-Signature: ${'0'.repeat(64)}\n`);
  const env = { CANARY: canary('webhookSecret') };
  const args = [
    '--scheme',
    'koywe',
    '--secret-env',
    'CANARY',
    '--headers',
    'headers',
    '--body',
    'body',
    '--json',
  ];
  const { code, stdout, stderr } = await sallyport(['schemes', 'verify', ...args], { cwd, env });
  assert.deepEqual([code, stderr], [1, '']);
  const document: unknown = JSON.parse(stdout);
  assert.equal(Reflect.get(Object(document), 'outcome'), 'signature-mismatch');
  assert.ok(!stdout.includes(canaryValue('webhookSecret')));
});
