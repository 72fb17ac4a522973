// One request at a constant rate, whoever has been answered: https://grafana.com/docs/k6/latest/using-k6/scenarios/executors/constant-arrival-rate/
import http from 'k6/http';
import { Counter, Trend } from 'k6/metrics';

const asked = JSON.parse(__ENV.ASKED);
const answered = new Trend('answered', true);
const right = new Counter('right');
const refused = new Counter('refused');
const wrong = new Counter('wrong');

export const options = {
  scenarios: {
    open: {
      executor: 'constant-arrival-rate',
      rate: asked.rate,
      timeUnit: '1s',
      duration: `${asked.seconds}s`,
      preAllocatedVUs: asked.users,
      gracefulStop: '60s',
    },
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
  discardResponseBodies: false,
};

export default function () {
  const reply = http.get(asked.url, { headers: asked.headers, timeout: '60s' });
  if (reply.status === 200 && reply.body.includes(asked.holds)) {
    right.add(1);
    const { blocked, connecting, tls_handshaking: handshake, duration } = reply.timings;
    answered.add(blocked + connecting + handshake + duration);
  } else if (reply.status === 429 || reply.status === 503) {
    refused.add(1);
  } else {
    wrong.add(1);
  }
}

export function handleSummary(data) {
  const count = (name) => (data.metrics[name] ? data.metrics[name].values.count : 0);
  const times = data.metrics.answered ? data.metrics.answered.values : {};
  return {
    stdout: JSON.stringify({
      sent: count('iterations'),
      dropped: count('dropped_iterations'),
      answered: count('right'),
      refused: count('refused'),
      failed: count('wrong'),
      p50_ms: times.med === undefined ? null : times.med,
      p95_ms: times['p(95)'] === undefined ? null : times['p(95)'],
      p99_ms: times['p(99)'] === undefined ? null : times['p(99)'],
      max_ms: times.max === undefined ? null : times.max,
    }),
  };
}
