import { CloudEvent, HTTP } from 'cloudevents';
import type { Delivery } from '../store/deliveries';
import type { Receiver } from './receivers';

/** What is sent: headers beside those of HTTP itself, and the text. */
export interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const TITLES: Readonly<Record<Delivery['kind'], string>> = {
  started: 'Rollout planned and started',
  phaseDone: 'Phase done',
  halted: 'Rollout halted: a person has to decide',
  approvalNeeded: 'An approver is asked',
  held: 'Rollout held',
  hookAsked: 'A hook is asked',
  stuck: 'Stuck',
  atRisk: 'VMs may miss their 30 days',
  decided: 'An operator decided',
  done: 'Rollout ended',
  exclusionEnds: 'An exclusion ends soon',
};

/** `application/cloudevents+json`, structured mode. Source: CloudEvents 1.0.2, https://cloudevents.io. */
function cloudEvent(delivery: Delivery, source: string): Message {
  const { noticeId, kind, atUtc, subject, why, who, rolloutId, evidence } = delivery;
  const event = new CloudEvent({
    id: noticeId,
    type: `lowtide.${kind}`,
    source,
    time: atUtc,
    subject,
    datacontenttype: 'application/json',
    data: { title: TITLES[kind], why, who, rolloutId, evidence },
  });
  const { headers, body } = HTTP.structured(event);
  return { headers: { 'content-type': String(headers['content-type']) }, body: String(body) };
}

const TEXT_MAX = 2800;

/** What a person reads, without markup: names and reasons are hostile text. */
function textOf({ kind, subject, why, who, atUtc }: Delivery): readonly [title: string, text: string] {
  const title = `Lowtide: ${TITLES[kind]} (${subject})`;
  return [title.slice(0, 150), `${why}\n${who}, ${atUtc}`.slice(0, TEXT_MAX)];
}

/** Block Kit with plain text: it mentions no user and makes no link. Source: docs of Slack, incoming webhooks. */
function slack(delivery: Delivery): Message {
  const [title, text] = textOf(delivery);
  const blocks = [
    { type: 'header', text: { type: 'plain_text', text: title, emoji: false } },
    { type: 'section', text: { type: 'plain_text', text, emoji: false } },
  ];
  const fallback = title.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c] ?? '');
  return jsonMessage({ text: fallback, blocks });
}

/** An Adaptive Card for a Teams workflow. Source: docs of Microsoft Teams, webhooks and Adaptive Cards 1.4. */
function teams(delivery: Delivery): Message {
  const [title, text] = textOf(delivery);
  // Text runs are shown as written; a TextBlock would read Markdown.
  const run = (words: string, weight: 'Bolder' | 'Default'): object => ({
    type: 'RichTextBlock',
    inlines: [{ type: 'TextRun', text: words, weight }],
  });
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [run(title, 'Bolder'), run(text, 'Default')],
  };
  return jsonMessage({
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content }],
  });
}

const jsonMessage = (value: unknown): Message => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

/** `source`: of the deployment, for CloudEvents. */
export function messageTo(receiver: Receiver, delivery: Delivery, source: string): Message {
  switch (receiver.format) {
    case 'cloudEvents':
      return cloudEvent(delivery, source);
    case 'slack':
      return slack(delivery);
    case 'teams':
      return teams(delivery);
  }
}
