// The golden files are test vectors for every language: what this program makes of them has to be what they say, byte by byte.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compatibilityPartitioner } from '@platformatic/kafka'
import { eventEncoder, recordKey } from './event.mjs'

const GOLDEN = process.env.GOLDEN ?? fileURLToPath(new URL('../../../schemas/src/main/resources/golden/v1', import.meta.url))
const read = (name) => readFileSync(`${GOLDEN}/${name}`, 'utf8')
const objects = (name) => read(name).trim().split('\n').map((line) => JSON.parse(line))
const encode = eventEncoder(258, read('MemoryEvent.avsc'))

for (const { name, avro, event } of objects('events.jsonl')) {
  test(`${name} has the golden bytes`, () => {
    const { key, value } = encode(event)
    assert.equal(value.toString('hex'), '0000000102' + avro)
    assert.deepEqual(key, recordKey(event.tenant, event.subject))
  })
}

for (const { tenant, subject, key, of4, of24 } of objects('keys.jsonl')) {
  test(`${tenant}, ${subject} has the golden key and partitions`, () => {
    const bytes = recordKey(tenant, subject)
    assert.equal(bytes.toString('hex'), key)
    assert.equal(compatibilityPartitioner(undefined, bytes) % 4, of4)
    assert.equal(compatibilityPartitioner(undefined, bytes) % 24, of24)
  })
}

const memory = (payload) => ({
  eventId: 'e1',
  occurredAt: '2026-05-01T15:00:00Z',
  tenant: 'acme',
  subject: 'mia',
  agent: 'helper',
  type: 'MemoryRecorded',
  payload: { memoryId: 'm1', kind: 'SEMANTIC', text: 'prefers an aisle seat', ...payload },
})

const wrong = [
  [{ ...memory(), type: 'MemoryTouched' }, /^type: expected one of MemoryRecorded, /],
  [{ ...memory(), occurredAt: '2026-02-30T15:00:00Z' }, /^occurredAt: expected an instant/],
  [{ ...memory(), subject: undefined }, /^subject: missing/],
  [{ ...memory(), tenant: '' }, /^tenant: empty/],
  [{ ...memory(), agent: 'ü'.repeat(257) }, /^agent: expected at most 512 bytes/],
  [{ ...memory(), topic: 'x' }, /^topic: unknown field/],
  [{ ...memory(), type: 'SessionStarted', payload: {} }, /^session: missing/],
  [memory({ kind: 'OTHER' }), /^payload\.kind: expected one of EPISODIC, SEMANTIC, PROCEDURAL/],
  [memory({ text: ' ' }), /^payload\.text: blank/],
  [memory({ text: 'a\0b' }), /^payload\.text: has a NUL/],
  [memory({ text: 'a\ud800b' }), /^payload\.text: has half of a surrogate pair/],
  [memory({ attributes: { a: 1 } }), /^payload\.attributes\.a: expected a string/],
  [memory({ mood: 'x' }), /^payload\.mood: unknown field/],
  [memory({ embedding: { model: 'm', vector: [1, Infinity] } }), /^payload\.embedding\.vector: expected finite/],
  [memory({ embedding: { model: 'm', vector: 'AAA' } }), /^payload\.embedding\.vector: expected base64/],
  [memory({ embedding: { model: 'bge-small-en-v1.5-q-6c9c6101', vector: [1] } }), /^payload\.embedding\.vector: expected 4 bytes/],
]

for (const [event, message] of wrong) {
  test(`refused: ${message.source}`, () => {
    assert.throws(() => encode(event), { message })
  })
}

test('a vector may be numbers, in JSON', () => {
  const numbers = encode(memory({ embedding: { model: 'example-3d', vector: [0.5, -1, 0.25] } }))
  const base64 = encode(memory({ embedding: { model: 'example-3d', vector: 'AAAAPwAAgL8AAIA+' } }))
  assert.deepEqual(numbers.value, base64.value)
})
