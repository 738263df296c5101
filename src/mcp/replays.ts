// Tools about replays: planned, started, watched, stopped.
import type { McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { PlanSchema } from '../api/replay-plan.ts'
import { ReplaySchema } from '../api/replay-shape.ts'
import { ACTS, IdInput, LOOKS, toResult, type Ask } from './ask.ts'

const REPLAYS = '/v1/webhook_replays'

type Replay = z.infer<typeof ReplaySchema>

const PlanInput = z.object({
  endpoint_id: z.string().optional(),
  status: z.string().optional().describe('Usually exhausted: what failed for good.'),
  event_type: z.string().optional(),
  call_id: z.string().optional(),
  created_after: z.string().optional().describe('Created then or later: 2026-04-15T14:30:50Z.'),
  created_before: z.string().optional(),
  missing: z
    .boolean()
    .optional()
    .describe('Also make deliveries of events that an endpoint has none of.'),
  rate_per_second: z.int().optional(),
})

const StartInput = PlanInput.extend({
  reason: z.string().optional().describe('Why, for the audit log.'),
  idempotency_key: z.string().optional().describe('The same key starts one replay.'),
})

/** Adds the tools. */
export function addReplayTools(server: McpServer, ask: Ask): void {
  server.registerTool(
    'plan_replay',
    {
      title: 'Plan a replay',
      description:
        'What a replay of a range of deliveries would send, and how long it would take. Stores nothing.',
      inputSchema: PlanInput,
      annotations: LOOKS,
    },
    async (input) =>
      toResult(
        await ask('POST', REPLAYS, { body: { ...toBody(input), dry_run: true } }),
        PlanSchema,
        () => 'Nothing is sent yet: start_replay with the same members does it.',
      ),
  )
  server.registerTool(
    'start_replay',
    {
      title: 'Start a replay',
      description: 'Sends a range of deliveries again at a pace. Ask plan_replay first.',
      inputSchema: StartInput,
      annotations: ACTS,
    },
    async ({ idempotency_key: idempotencyKey, reason, ...input }) => {
      const body = { ...toBody(input), reason }
      return toResult(await ask('POST', REPLAYS, { body, idempotencyKey }), ReplaySchema, describe)
    },
  )
  addWatch(server, ask)
  addControl(server, ask)
}

function addWatch(server: McpServer, ask: Ask): void {
  server.registerTool(
    'watch_replay',
    {
      title: 'Watch a replay',
      description: 'How far a replay is, what failed, and which endpoints are held back.',
      inputSchema: z.object({ replay_id: IdInput }),
      annotations: LOOKS,
    },
    async ({ replay_id: id }) =>
      toResult(await ask('GET', `${REPLAYS}/${id}`), ReplaySchema, describe),
  )
}

function addControl(server: McpServer, ask: Ask): void {
  server.registerTool(
    'control_replay',
    {
      title: 'Pause, resume or cancel a replay',
      description: 'pause: it stops until resumed. resume: it goes on. cancel: it ends for good.',
      inputSchema: z.object({
        replay_id: IdInput,
        act: z.enum(['pause', 'resume', 'cancel']),
      }),
      annotations: { ...ACTS, destructiveHint: true, idempotentHint: true },
    },
    async ({ replay_id: id, act }) =>
      toResult(await ask('POST', `${REPLAYS}/${id}/${act}`), ReplaySchema, describe),
  )
}

function toBody({ missing, rate_per_second: rate, ...filter }: z.infer<typeof PlanInput>): object {
  return { filter, missing, rate_per_second: rate }
}

function describe(replay: Replay): string {
  const { id, status, replayed, total, delivered, failed, held_endpoints: held } = replay
  const holds =
    held.length === 0
      ? ''
      : ` Held back, since their first ten all failed: ${held.join(', ')}. Mend the receiver, then control_replay resume.`
  return `Replay ${id} is ${status}: ${replayed} of ${total} sent, ${delivered} delivered, ${failed} failed.${holds}`
}
