#!/usr/bin/env node
// Starts the command line: in a clone on a Node that runs TypeScript, this one or the project's own; elsewhere as it is packed.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const PACKED = new URL('../../dist/cli/main.js', import.meta.url)
const [major = 0] = process.versions.node.split('.').map(Number)

// Not every library looks where its text goes.
const isPlain = !process.env['FORCE_COLOR'] && (process.env['NO_COLOR'] || !process.stdout.isTTY)
if (isPlain) process.env['NO_COLOR'] = '1'

// What `npm pack` makes has no TypeScript in it, but one file that each Node can run.
if (existsSync(MAIN)) startClone()
else await import(PACKED.href)

function startClone() {
  const child = spawn(findNode(), [MAIN, ...process.argv.slice(2)], { stdio: 'inherit' })
  // What ends this one ends that one: a terminal tells both, `kill` only the first.
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  process.on('SIGINT', () => {})
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1)
  })
}

function findNode() {
  if (major >= 24) return process.execPath
  try {
    return createRequire(import.meta.url).resolve('node/bin/node')
  } catch {
    console.error(
      'This takes Node 24, or the one that `npm ci` brings: run npm ci without --omit=dev.',
    )
    return process.exit(1)
  }
}
