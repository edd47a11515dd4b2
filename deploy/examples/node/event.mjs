// From an event in JSON, as `driftless publish --format events` takes it, to the key and the value of its record:
// docs/WIRE-CONTRACT.md in code. Knows nothing of Kafka.
import avro from 'avsc'

const IDS = /^(eventId|tenant|subject|agent|session|correlationId|causationId|memoryId|messageId|toolCallId|patternId|toolCallIds|evidence|memoryIds)$/
const MAX_ID_BYTES = 512
const OF_A_SESSION = /^(Session|Message|Checkpoint|ToolCall)/
const DIMENSIONS = { 'all-minilm-l6-v2-q-afdb6f1a': 384, 'bge-small-en-v1.5-q-6c9c6101': 384 }

/** What is wrong with an event; the message names the field, and never holds what the event says. */
export class InvalidEvent extends Error {}

const refuse = (field, why) => {
  throw new InvalidEvent(field ? `${field}: ${why}` : why)
}

/** The record key: whose memory it is. */
export const recordKey = (tenant, subject) => Buffer.from(`${tenant}\0${subject}`)

/** Milliseconds in Avro, ISO-8601 in JSON. */
class Instant extends avro.types.LogicalType {
  _toValue(text) {
    const isInstant = typeof text === 'string' && /^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?Z$/.test(text)
    const ms = isInstant ? Date.parse(text) : NaN
    // a 30th of February would become a 2nd of March
    return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text.slice(0, 10)) ? ms : undefined
  }
}

/**
 * What makes `{ key, value }` of an event, as bytes.
 *
 * @param id the schema's id in the registry
 * @param schema the schema, as JSON text
 */
export function eventEncoder(id, schema) {
  const envelope = avro.Type.forSchema(JSON.parse(schema), { logicalTypes: { 'timestamp-millis': Instant } })
  const payloads = new Map(envelope.field('payload').type.types.map((type) => [type.name.split('.').pop(), type]))
  const head = Buffer.alloc(5) // a zero byte, then the id, big-endian
  head.writeUInt32BE(id, 1)

  return (json) => {
    if (!isObject(json)) refuse('', 'expected a JSON object')
    const { type, payload, ...fields } = json
    if (!payloads.has(type)) refuse('type', `expected one of ${[...payloads.keys()].join(', ')}`)
    if (!isObject(payload)) refuse('payload', 'expected an object')
    const content = withVector(payload)
    const event = { ...fields, payload: { [payloads.get(type).name]: content } }
    envelope.isValid(event, { noUndeclaredFields: true, errorHook: refuseType })
    checkStrings(fields, '')
    checkStrings(content, 'payload')
    checkRules(type, fields, content)
    return { key: recordKey(fields.tenant, fields.subject), value: Buffer.concat([head, envelope.toBuffer(event)]) }
  }
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The vector as bytes: little-endian float32. JSON has it so in base64, or as an array of numbers. */
function withVector(payload) {
  const vector = payload.embedding?.vector
  if (Array.isArray(vector) && vector.every((number) => typeof number === 'number')) {
    const bytes = Buffer.alloc(4 * vector.length)
    vector.forEach((number, i) => bytes.writeFloatLE(number, 4 * i))
    return { ...payload, embedding: { ...payload.embedding, vector: bytes } }
  }
  if (typeof vector === 'string' && /^([\w+/]{4})*([\w+/]{2}==|[\w+/]{3}=)?$/.test(vector)) {
    return { ...payload, embedding: { ...payload.embedding, vector: Buffer.from(vector, 'base64') } }
  }
  return payload
}

/** What Avro says of a value that does not fit its schema. */
function refuseType(path, value, type) {
  const field = path.filter((name) => !name.startsWith('dev.driftless.')).join('.')
  if (value === undefined) refuse(field, 'missing')
  if (type.typeName === 'record' && isObject(value)) {
    const unknown = Object.keys(value).find((name) => !type.field(name))
    refuse(field ? `${field}.${unknown}` : unknown, 'unknown field')
  }
  refuse(field, `expected ${expected(type)}`)
}

function expected(type) {
  if (type instanceof Instant) return 'an instant such as 2026-05-01T15:00:00Z'
  switch (type.typeName) {
    case 'union:unwrapped': return expected(type.types[1])
    case 'enum': return `one of ${type.symbols.join(', ')}`
    case 'bytes': return 'base64 text or an array of numbers'
    case 'double': return 'a number'
    case 'array': return 'an array'
    case 'string': return 'a string'
    default: return 'an object'
  }
}

/** What every string has to be, and an id besides. */
function checkStrings(value, path, name = '') {
  if (typeof value === 'string') {
    if (value.includes('\0')) refuse(path, 'has a NUL character')
    if (!value.isWellFormed()) refuse(path, 'has half of a surrogate pair')
    if (IDS.test(name) && value === '') refuse(path, 'empty, expected an id')
    if ((IDS.test(name) || name === 'step') && Buffer.byteLength(value) > MAX_ID_BYTES) refuse(path, `expected at most ${MAX_ID_BYTES} bytes`)
  } else if (Array.isArray(value)) {
    value.forEach((item, i) => checkStrings(item, `${path}[${i}]`, name))
  } else if (isObject(value) && !Buffer.isBuffer(value)) {
    for (const [key, item] of Object.entries(value)) {
      checkStrings(key, `${path} key`)
      checkStrings(item, path ? `${path}.${key}` : key, name === 'attributes' ? '' : key)
    }
  }
}

function checkRules(type, fields, payload) {
  if (OF_A_SESSION.test(type) && fields.session == null) refuse('session', `missing, but ${type} needs one`)
  for (const name of ['text', 'statement']) {
    if (payload[name]?.trim() === '') refuse(`payload.${name}`, 'blank, expected a text')
  }
  if (payload.confidence < 0 || payload.confidence > 1) refuse('payload.confidence', 'expected a number from 0 to 1')
  if (payload.embedding) checkVector(payload.embedding)
}

function checkVector({ model, vector }) {
  const field = 'payload.embedding.vector'
  const dimensions = DIMENSIONS[model] ?? vector.length / 4
  if (vector.length !== 4 * dimensions || !Number.isInteger(dimensions)) refuse(field, `expected 4 bytes for each dimension of ${model}`)
  const numbers = Array.from({ length: dimensions }, (_, i) => vector.readFloatLE(4 * i))
  if (!numbers.every(Number.isFinite)) refuse(field, 'expected finite numbers')
  if (numbers.every((number) => number === 0)) refuse(field, 'all zero, so it points nowhere')
}
