#!/usr/bin/env node
// Publishes events to the log, one JSON object a line, and prints the receipt of each:
//   node publish.mjs [FILE]        standard input, if there is no file
// Addresses come from the variables that `driftless env` prints.
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { Producer, compatibilityPartitioner } from '@platformatic/kafka'
import { InvalidEvent, eventEncoder } from './event.mjs'

const BROKERS = process.env.KAFKA_BOOTSTRAP_SERVERS ?? 'localhost:9092'
const REGISTRY = (process.env.SCHEMA_REGISTRY_URL ?? 'http://localhost:8081').split(',')[0]
const NAME = process.env.DRIFTLESS_NAME ?? ''
const TOPIC = NAME ? `${NAME}-memory-events` : 'memory-events'

// A send makes one batch for each partition, and the topic's max.message.bytes (1 MiB by default) is for a batch.
const MAX_SEND_BYTES = 256 * 1024
const MAX_SEND_EVENTS = 500

/** Something that the user has to know in one line. */
class Failure extends Error {}

async function schema() {
  const url = `${REGISTRY}/subjects/${TOPIC}-value/versions/latest`
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) }).catch((e) => {
    throw new Failure(`the schema registry does not answer: ${url}: ${e.cause?.message ?? e.message}`)
  })
  if (!answer.ok) throw new Failure(`the schema registry has no schema of the log: ${url}: HTTP ${answer.status}`)
  return await answer.json()
}

/** The lines of a stream that are not blank, with their numbers. */
async function* lines(input) {
  const utf8 = new TextDecoder('utf-8', { fatal: true })
  let number = 0
  // read as bytes (latin1), else what is not UTF-8 is replaced in silence, and U+2028 in a text ends the line
  for await (const bytes of createInterface({ input: input.setEncoding('latin1'), crlfDelay: Infinity })) {
    number++
    try {
      const text = utf8.decode(Buffer.from(bytes, 'latin1'))
      if (text.trim() !== '') yield { number, json: JSON.parse(text) }
    } catch (e) {
      // what the parser says may quote the text
      throw new Failure(`${place(number)}: ${e instanceof SyntaxError ? 'not JSON' : 'not UTF-8'}`)
    }
  }
}

const file = process.argv[2]
const place = (line) => `${file ?? 'standard input'}:${line}`

async function publish(producer) {
  const { id, schema: text } = await schema()
  const encode = eventEncoder(id, text)
  const { id: topicId, partitionsCount } = await topic(producer)
  let batch = []
  let bytes = 0

  /** Sends what waits and prints the receipts, in the order of the lines. */
  const flush = async () => {
    const messages = batch
    batch = []
    bytes = 0
    if (messages.length === 0) return
    const { offsets } = await producer.send({ messages }).catch((e) => {
      const these = messages.length === 1 ? 'this event' : `this event and the ${messages.length - 1} after it`
      throw new Failure(`${place(messages[0].line)}: the log did not acknowledge ${these} (it may have them; publishing again is harmless): ${cause(e)}`)
    })
    const next = new Map(offsets.map(({ partition, offset }) => [partition, offset]))
    for (const { partition } of messages) {
      console.log(`${topicId}.${partition}.${next.get(partition)}`)
      next.set(partition, next.get(partition) + 1n)
    }
  }

  try {
    for await (const { number, json } of lines(file ? createReadStream(file) : process.stdin)) {
      const { key, value } = encoded(encode, json, number)
      const size = key.length + value.length
      if (batch.length === MAX_SEND_EVENTS || bytes + size > MAX_SEND_BYTES) await flush()
      // Java's murmur2, made positive as Java does; the client's default differs if a hash is negative
      const partition = compatibilityPartitioner(undefined, key) % partitionsCount
      batch.push({ topic: TOPIC, partition, key, value, line: number })
      bytes += size
    }
  } finally {
    await flush() // what came before a line that is wrong
  }
}

function encoded(encode, json, number) {
  try {
    return encode(json)
  } catch (e) {
    throw e instanceof InvalidEvent ? new Failure(`${place(number)}: ${e.message}`) : e
  }
}

/** The topic's id as Kafka writes it, in a receipt for example, and how many partitions it has. */
async function topic(producer) {
  const { topics } = await producer.metadata({ topics: [TOPIC], autocreateTopics: false }).catch((e) => {
    throw new Failure(`the log ${TOPIC} cannot be reached at ${BROKERS}: ${cause(e)}`)
  })
  const { id, partitionsCount } = topics.get(TOPIC)
  return { id: Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url'), partitionsCount }
}

/** The innermost reason. */
function cause(e) {
  const inner = e.errors?.at(-1) ?? e.cause
  return inner ? cause(inner) : e.message
}

const producer = new Producer({
  clientId: 'driftless-publish-example',
  bootstrapBrokers: BROKERS.split(','),
  idempotent: true, // and so acks=all; one send at a time keeps the order
  retries: 10,
  autocreateTopics: false,
})
try {
  await publish(producer)
} catch (e) {
  // a file that is not there is no fault of this program
  console.error(`publish: ${e instanceof Failure || e.syscall ? e.message : e.stack}`)
  process.exitCode = 1
} finally {
  await producer.close()
}
