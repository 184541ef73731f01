// duckdb.mjs load|keep|ask CSV DATABASE QUERIES: one thread; prints `name value unit` lines. load: durable load of
// the file into a table without a key. keep: the same, and what it takes. ask: the queries, rows materialised.
import { DuckDBInstance } from '@duckdb/node-api'
import fs from 'fs'
const [, , what, csv, file, queries] = process.argv
const { columns, ...ask } = JSON.parse(fs.readFileSync(queries, 'utf8'))
const milliseconds = async (act) => {
  const start = process.hrtime.bigint()
  await act()
  return Number(process.hrtime.bigint() - start) / 1e6
}
const say = (name, value, unit) => console.log(name, value.toPrecision(6), unit)
if (what !== 'ask') for (const end of ['', '.wal']) fs.rmSync(file + end, { force: true })
const instance = await DuckDBInstance.create(file, { threads: '1' })
const connection = await instance.connect()
if (what === 'ask') {
  for (const [name, query] of Object.entries(ask)) {
    const times = []
    for (let i = 0; i < 8; i++) times.push(await milliseconds(() => connection.runAndReadAll(query)))
    say(name, times.slice(1).sort((a, b) => a - b)[3], 'ms')
  }
} else {
  await connection.run(`create table o (${columns})`)
  const took = await milliseconds(async () => {
    await connection.run(`copy o from '${csv}' (header true)`)
    await connection.run('checkpoint')
  })
  const rows = Number((await connection.runAndReadAll('select count(*) from o')).getRows()[0][0])
  say(what === 'load' ? 'load' : 'load.all', (rows / took) * 1e3, 'rows/s')
  if (what === 'keep') say('bytes_per_observation', fs.statSync(file).size / rows, 'bytes')
}
connection.closeSync()
instance.closeSync()
