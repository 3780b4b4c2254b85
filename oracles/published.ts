/**
 * Messages that the platforms themselves have published with a secret or key and a signature: facts of theirs, which
 * neither our code nor our models had a hand in.
 */
export interface Published {
  readonly scheme: string;
  readonly source: string;
  readonly secret: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly nowMs: number;
  readonly sentMs: number | null;
  /** What the signature covers, when it isn't the body. */
  readonly signed?: string;
}

const ADYEN_SIGNED = '7914073381342284::TestMerchant:TestPayment-1407325143704:1130:EUR:AUTHORISATION:true';
const REVOLUT_BODY =
  '{"data":{"id":"645a7696-22f3-aa47-9c74-cbae0449cc46","new_state":"completed","old_state":"pending","request_id":"app_charges-9f5d5eb3-1e06-46c5-b1c0-3914763e0bcb"},"event":"TransactionStateChanged","timestamp":"2023-05-09T16:36:38.028960Z"}';
const PAYOS_VN = {
  data: {
    orderCode: 123,
    amount: 3000,
    description: 'VQRIO123',
    accountNumber: '12345678',
    reference: 'TF230204212323',
    transactionDateTime: '2023-02-04 18:25:00',
    currency: 'VND',
    paymentLinkId: '124c33293c43417ab7879e14c8d9eb18',
    code: '00',
    desc: 'Thành công',
    counterAccountBankId: '',
    counterAccountBankName: '',
    counterAccountName: '',
    counterAccountNumber: '',
    virtualAccountName: '',
    virtualAccountNumber: '',
  },
  signature: '412e915d2871504ed31be63c8f62a149a4410d34c4c42affc9006ef9917eaa03',
};

export const PUBLISHED: readonly Published[] = [
  {
    scheme: 'github',
    source: 'https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries',
    secret: "It's a Secret to Everybody",
    headers: [
      ['X-Hub-Signature-256', 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'],
    ],
    body: 'Hello, World!',
    nowMs: 1_750_000_000_000,
    sentMs: null,
  },
  ...(['svix', 'payos'] as const).map((scheme) => ({
    scheme,
    source: 'https://docs.svix.com/receiving/verifying-payloads/how-manual',
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    headers: [
      ['svix-id', 'msg_p5jXN8AQM9LWM0D4loKWxJek'],
      ['svix-timestamp', '1614265330'],
      ['svix-signature', 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
    ] as const,
    body: '{"test": 2432232314}',
    nowMs: 1_614_265_330_000,
    sentMs: 1_614_265_330_000,
    signed: 'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}',
  })),
  {
    scheme: 'adyen',
    source: 'https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures',
    secret: '44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056',
    headers: [],
    body: JSON.stringify({
      live: 'false',
      notificationItems: [
        {
          NotificationRequestItem: {
            additionalData: { hmacSignature: 'coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0=' },
            amount: { value: 1130, currency: 'EUR' },
            pspReference: '7914073381342284',
            eventCode: 'AUTHORISATION',
            eventDate: '2019-05-06T17:15:34.121+02:00',
            merchantAccountCode: 'TestMerchant',
            merchantReference: 'TestPayment-1407325143704',
            paymentMethod: 'visa',
            success: 'true',
          },
        },
      ],
    }),
    nowMs: 1_750_000_000_000,
    sentMs: null,
    signed: ADYEN_SIGNED,
  },
  {
    scheme: 'revolut',
    source: 'https://developer.revolut.com/docs/guides/manage-accounts/webhooks/verify-the-payload-signature',
    secret: 'wsk_r59a4HfWVAKycbCaNO1RvgCJec02gRd8',
    headers: [
      ['Revolut-Request-Timestamp', '1683650202360'],
      ['Revolut-Signature', 'v1=bca326fb378d0da7f7c490ad584a8106bab9723d8d9cdd0d50b4c5b3be3837c0'],
    ],
    body: REVOLUT_BODY,
    nowMs: 1_683_650_202_360,
    sentMs: 1_683_650_202_360,
    signed: `v1.1683650202360.${REVOLUT_BODY}`,
  },
  {
    scheme: 'payos-vn',
    source: 'https://payos.vn/docs/tich-hop-webhook/kiem-tra-du-lieu-voi-signature',
    secret: '1a54716c8f0efb2744fb28b6e38b25da7f67a925d98bc1c18bd8faaecadd7675',
    headers: [],
    body: JSON.stringify({ code: '00', desc: 'success', ...PAYOS_VN }),
    nowMs: 1_750_000_000_000,
    sentMs: null,
    signed: Object.entries(PAYOS_VN.data)
      .map(([name, value]) => `${name}=${value}`)
      .sort()
      .join('&'),
  },
  {
    // A notification of its sandbox, signed with the sandbox's key.
    scheme: 'wise',
    source: 'https://github.com/transferwise/digital-signatures-examples, verify-webhook-signature',
    secret: `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAwpb91cEYuyJNQepZAVfP
ZIlPZfNUefH+n6w9SW3fykqKu938cR7WadQv87oF2VuT+fDt7kqeRziTmPSUhqPU
ys/V2Q1rlfJuXbE+Gga37t7zwd0egQ+KyOEHQOpcTwKmtZ81ieGHynAQzsn1We3j
wt760MsCPJ7GMT141ByQM+yW1Bx+4SG3IGjXWyqOWrcXsxAvIXkpUD/jK/L958Cg
nZEgz0BSEh0QxYLITnW1lLokSx/dTianWPFEhMC9BgijempgNXHNfcVirg1lPSyg
z7KqoKUN0oHqWLr2U1A+7kqrl6O2nx3CKs1bj1hToT1+p4kcMoHXA7kA+VBLUpEs
VwIDAQAB
-----END PUBLIC KEY-----
`,
    headers: [
      [
        'X-Signature-SHA256',
        'wKcKCYXAzxNgiu7xmoDm943NUni7Rz33QN8JkEA9dWSGebgndonabgSj18Y4C08OrwVmueGsED2s00M7DtJVcYKOS1i3G4TMVx+mgM3aL9djMBkQtiYNBFUd6wrPI7ZUNHv/TrlKSjTMc+6JFvUvJ7owY3z85e3I4jLRLJowMFvO8kvCJ60+1pY9wDwZvtZ//WS93LrwGjk9Dvwzpmu0w+P4J75tETT5qC3Uv0y5G2yO8SEoO3yNP/tg/BOli02niHb53vEOUWUb9bly6thnfMoXoiV/osoGxgF20R58RlvkAmezyyl1Sv542TfS2DpiwVnmjjjkCyXeSUcKookYLQ==',
      ],
    ],
    body: '{"data":{"resource":{"id":49983981,"profile_id":16055450,"account_id":14124090,"type":"transfer"},"current_state":"incoming_payment_waiting","previous_state":null,"occurred_at":"2021-08-23T10:12:50Z"},"subscription_id":"90aa8e14-4ef1-4a56-861c-f3c9cde097ea","event_type":"transfers#state-change","schema_version":"2.0.0","sent_at":"2021-08-23T10:12:50Z"}',
    nowMs: 1_750_000_000_000,
    sentMs: null,
  },
  {
    scheme: 'circle',
    source: 'https://developers.circle.com/wallets/webhook-notifications',
    secret: `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAESl76SZPBJemW0mJNN4KTvYkLT8bO
T4UGhFhzNk3fJqf6iuPlLQLq533FelXwczJbjg2U1PHTvQTK7qOQnDL2Tg==
-----END PUBLIC KEY-----
`,
    headers: [
      ['X-Circle-Key-Id', '879dc113-5ca4-4ff7-a6b7-54652083fcf8'],
      [
        'X-Circle-Signature',
        'MEQCIBlJPX7t0FDOcozsRK6qIQwik5Fq6mhAtCSSgIB/yQO7AiB9U5lVpdufKvPhk3cz4TH2f5MP7ArnmPRBmhPztpsIFQ==',
      ],
    ],
    body: '{"subscriptionId":"00000000-0000-0000-0000-000000000000","notificationId":"00000000-0000-0000-0000-000000000000","notificationType":"webhooks.test","notification":{"hello":"world"},"timestamp":"2024-01-26T18:22:19.779834211Z","version":2}',
    nowMs: 1_750_000_000_000,
    sentMs: null,
  },
];
