import { describe, expect, it } from '@jest/globals';
import {
  isTopicEventStatus,
  readTopicAnswer,
  type TopicEventStatus,
} from '../../../lib/protocol/topic-status.js';
import { recordings } from '../../support/recordings.js';

const STATUS_OF: Readonly<Record<string, TopicEventStatus>> = {
  success: 'SUCCESS',
  retry: 'RETRY',
  drop: 'DROP',
};

describe('the answer to a delivery', () => {
  it.each(recordings('topic-outcomes').map((r) => [r.name, r] as const))(
    'is read as a real daprd read it: %s',
    (_, { response, outcome }) => {
      expect(readTopicAnswer(response.status, response.body!)).toBe(
        STATUS_OF[outcome!.class],
      );
    },
  );

  it.each<[number, string, TopicEventStatus]>([
    [200, 'null', 'SUCCESS'],
    [200, '"DROP"', 'SUCCESS'],
    [204, '', 'SUCCESS'],
    [299, '{"status":"DROP"}', 'DROP'],
    [404, '{"status":"SUCCESS"}', 'DROP'],
    [500, '{"status":"SUCCESS"}', 'RETRY'],
    [199, '', 'RETRY'],
  ])('%d %s means %s', (status, body, expected) => {
    expect(readTopicAnswer(status, body)).toBe(expected);
  });

  it.each<[unknown, boolean]>([
    ['SUCCESS', true],
    ['RETRY', true],
    ['DROP', true],
    ['success', false],
    [{ status: 'DROP' }, false],
    [undefined, false],
  ])("is a status only in Dapr's own words: %j", (value, expected) => {
    expect(isTopicEventStatus(value)).toBe(expected);
  });
});
