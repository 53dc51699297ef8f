-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "call_control";

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "handoff";

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "realtime_session";

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "transcript";

-- CreateTable
CREATE TABLE "call_control"."outbox" (
    "position" BIGSERIAL NOT NULL,
    "id" TEXT NOT NULL,
    "lane" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL,
    "envelope" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "published_at" TIMESTAMPTZ(3),
    "failure" TEXT,

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("position")
);

-- CreateTable
CREATE TABLE "call_control"."inbox" (
    "consumer" TEXT NOT NULL,
    "message_id" TEXT NOT NULL,
    "lane" TEXT,
    "source" TEXT,
    "sequence" INTEGER,
    "stream_position" BIGINT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "inbox_pkey" PRIMARY KEY ("consumer","message_id")
);

-- CreateTable
CREATE TABLE "call_control"."command_key" (
    "key" TEXT NOT NULL,
    "reply" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "command_key_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "call_control"."timer" (
    "key" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "body" JSONB NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "last_error" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "timer_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "call_control"."call" (
    "id" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 0,
    "state" TEXT NOT NULL,
    "direction" TEXT NOT NULL,
    "carrier_call_id" TEXT NOT NULL,
    "from_number" TEXT,
    "to_number" TEXT NOT NULL,
    "contact_id" TEXT,
    "assistant_id" TEXT,
    "mode" TEXT,
    "mode_reason" TEXT,
    "language" TEXT,
    "apology" TEXT,
    "degraded" BOOLEAN NOT NULL DEFAULT false,
    "epoch" INTEGER NOT NULL DEFAULT 0,
    "streams" JSONB NOT NULL DEFAULT '[]',
    "intent" JSONB,
    "asked_epoch" INTEGER NOT NULL DEFAULT -1,
    "rescues" INTEGER NOT NULL DEFAULT 0,
    "apologised" TEXT,
    "message_recorded" BOOLEAN NOT NULL DEFAULT false,
    "farewell_at" TIMESTAMPTZ(3),
    "ending" JSONB,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "answered_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "end_reason" TEXT,
    "blame" TEXT,
    "rescued_at" TIMESTAMPTZ(3),
    "model_micro_usd" BIGINT NOT NULL DEFAULT 0,
    "carrier_micro_usd" BIGINT NOT NULL DEFAULT 0,
    "cost_estimated" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "call_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "call_control"."leg" (
    "id" TEXT NOT NULL,
    "call_id" TEXT NOT NULL,
    "party" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "answered_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "end_reason" TEXT,
    "blame" TEXT,

    CONSTRAINT "leg_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "call_control"."contact" (
    "id" TEXT NOT NULL,
    "number" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "contact_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "call_control"."phone_number" (
    "id" TEXT NOT NULL,
    "number" TEXT NOT NULL,
    "assistant_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "phone_number_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "call_control"."api_key" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "key_hash" TEXT NOT NULL,
    "scope" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "call_control"."message" (
    "id" TEXT NOT NULL,
    "call_id" TEXT NOT NULL,
    "form" TEXT NOT NULL,
    "text" TEXT,
    "caller_name" TEXT,
    "callback_number" TEXT,
    "carrier_recording_id" TEXT,
    "duration_ms" INTEGER,
    "taken_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "message_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "call_control"."timeline_entry" (
    "id" TEXT NOT NULL,
    "call_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "source" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL,
    "type" TEXT NOT NULL,
    "data" JSONB NOT NULL,

    CONSTRAINT "timeline_entry_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "call_control"."cost_entry" (
    "call_id" TEXT NOT NULL,
    "usage_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "micro_usd" BIGINT NOT NULL,
    "estimated" BOOLEAN NOT NULL,

    CONSTRAINT "cost_entry_pkey" PRIMARY KEY ("call_id","usage_id")
);

-- CreateTable
CREATE TABLE "call_control"."webhook_answer" (
    "key" TEXT NOT NULL,
    "answer" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "webhook_answer_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "call_control"."known_plan" (
    "number" TEXT NOT NULL,
    "mode" TEXT NOT NULL,
    "plan" JSONB NOT NULL,
    "saved_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "known_plan_pkey" PRIMARY KEY ("number","mode")
);

-- CreateTable
CREATE TABLE "handoff"."outbox" (
    "position" BIGSERIAL NOT NULL,
    "id" TEXT NOT NULL,
    "lane" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL,
    "envelope" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "published_at" TIMESTAMPTZ(3),
    "failure" TEXT,

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("position")
);

-- CreateTable
CREATE TABLE "handoff"."inbox" (
    "consumer" TEXT NOT NULL,
    "message_id" TEXT NOT NULL,
    "lane" TEXT,
    "source" TEXT,
    "sequence" INTEGER,
    "stream_position" BIGINT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "inbox_pkey" PRIMARY KEY ("consumer","message_id")
);

-- CreateTable
CREATE TABLE "handoff"."command_key" (
    "key" TEXT NOT NULL,
    "reply" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "command_key_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "handoff"."timer" (
    "key" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "body" JSONB NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "last_error" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "timer_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "handoff"."desk" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "numbers" TEXT[],
    "language" TEXT NOT NULL,
    "answers" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "desk_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "realtime_session"."outbox" (
    "position" BIGSERIAL NOT NULL,
    "id" TEXT NOT NULL,
    "lane" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL,
    "envelope" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "published_at" TIMESTAMPTZ(3),
    "failure" TEXT,

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("position")
);

-- CreateTable
CREATE TABLE "realtime_session"."inbox" (
    "consumer" TEXT NOT NULL,
    "message_id" TEXT NOT NULL,
    "lane" TEXT,
    "source" TEXT,
    "sequence" INTEGER,
    "stream_position" BIGINT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "inbox_pkey" PRIMARY KEY ("consumer","message_id")
);

-- CreateTable
CREATE TABLE "realtime_session"."command_key" (
    "key" TEXT NOT NULL,
    "reply" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "command_key_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "realtime_session"."timer" (
    "key" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "body" JSONB NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "last_error" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "timer_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "realtime_session"."assistant" (
    "id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "assistant_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "realtime_session"."assistant_version" (
    "assistant_id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "content" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "assistant_version_pkey" PRIMARY KEY ("assistant_id","version")
);

-- CreateTable
CREATE TABLE "realtime_session"."call" (
    "call_id" TEXT NOT NULL,
    "direction" TEXT,
    "assistant_id" TEXT,
    "assistant_version" INTEGER,
    "mode" TEXT,
    "plan" JSONB,
    "planned_at" TIMESTAMPTZ(3),
    "opened_epoch" INTEGER NOT NULL DEFAULT 0,
    "ended_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "call_pkey" PRIMARY KEY ("call_id")
);

-- CreateTable
CREATE TABLE "realtime_session"."dialogue_turn" (
    "call_id" TEXT NOT NULL,
    "turn_id" TEXT NOT NULL,
    "epoch" INTEGER NOT NULL,
    "place" INTEGER,
    "by" TEXT,
    "form" TEXT,
    "text" TEXT,
    "words" TEXT NOT NULL,
    "placed_sequence" INTEGER,
    "ended_sequence" INTEGER,

    CONSTRAINT "dialogue_turn_pkey" PRIMARY KEY ("call_id","turn_id")
);

-- CreateTable
CREATE TABLE "realtime_session"."dialogue_tool" (
    "call_id" TEXT NOT NULL,
    "tool_call_id" TEXT NOT NULL,
    "epoch" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "arguments" TEXT,
    "outcome" TEXT,
    "output" TEXT,
    "sequence" INTEGER NOT NULL,

    CONSTRAINT "dialogue_tool_pkey" PRIMARY KEY ("call_id","tool_call_id")
);

-- CreateTable
CREATE TABLE "realtime_session"."tool_run" (
    "call_id" TEXT NOT NULL,
    "tool_call_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "reply" JSONB,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deadline_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "tool_run_pkey" PRIMARY KEY ("call_id","tool_call_id")
);

-- CreateTable
CREATE TABLE "realtime_session"."usage_entry" (
    "call_id" TEXT NOT NULL,
    "usage_id" TEXT NOT NULL,
    "assistant_id" TEXT,
    "kind" TEXT NOT NULL,
    "model" TEXT,
    "tokens" JSONB,
    "seconds" DOUBLE PRECISION,
    "micro_usd" BIGINT NOT NULL,
    "price_known" BOOLEAN NOT NULL DEFAULT true,
    "estimated" BOOLEAN NOT NULL,
    "because" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "hour" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "usage_entry_pkey" PRIMARY KEY ("call_id","usage_id")
);

-- CreateTable
CREATE TABLE "transcript"."outbox" (
    "position" BIGSERIAL NOT NULL,
    "id" TEXT NOT NULL,
    "lane" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL,
    "envelope" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "published_at" TIMESTAMPTZ(3),
    "failure" TEXT,

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("position")
);

-- CreateTable
CREATE TABLE "transcript"."inbox" (
    "consumer" TEXT NOT NULL,
    "message_id" TEXT NOT NULL,
    "lane" TEXT,
    "source" TEXT,
    "sequence" INTEGER,
    "stream_position" BIGINT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "inbox_pkey" PRIMARY KEY ("consumer","message_id")
);

-- CreateTable
CREATE TABLE "transcript"."command_key" (
    "key" TEXT NOT NULL,
    "reply" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "command_key_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "transcript"."timer" (
    "key" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "body" JSONB NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "last_error" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "timer_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "transcript"."transcript" (
    "call_id" TEXT NOT NULL,
    "streams_expected" INTEGER,
    "completed_at" TIMESTAMPTZ(3),
    "complete" BOOLEAN NOT NULL DEFAULT false,
    "missing" TEXT[],
    "utterances" INTEGER,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "transcript_pkey" PRIMARY KEY ("call_id")
);

-- CreateTable
CREATE TABLE "transcript"."stream" (
    "call_id" TEXT NOT NULL,
    "epoch" INTEGER NOT NULL,
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "turns" TEXT[],

    CONSTRAINT "stream_pkey" PRIMARY KEY ("call_id","epoch")
);

-- CreateTable
CREATE TABLE "transcript"."utterance" (
    "call_id" TEXT NOT NULL,
    "turn_id" TEXT NOT NULL,
    "epoch" INTEGER NOT NULL,
    "place" INTEGER,
    "by" TEXT,
    "form" TEXT,
    "text" TEXT,
    "words" TEXT NOT NULL,
    "start_ms" INTEGER,
    "end_ms" INTEGER,
    "heard_ms" INTEGER,
    "interrupted" BOOLEAN NOT NULL DEFAULT false,
    "approximate" BOOLEAN NOT NULL DEFAULT false,
    "stream_start_at" TIMESTAMPTZ(3),
    "ended_sequence" INTEGER,

    CONSTRAINT "utterance_pkey" PRIMARY KEY ("call_id","turn_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "outbox_id_key" ON "call_control"."outbox"("id");

-- CreateIndex
CREATE INDEX "outbox_published_at_lane_position_idx" ON "call_control"."outbox"("published_at", "lane", "position");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_lane_source_sequence_key" ON "call_control"."outbox"("lane", "source", "sequence");

-- CreateIndex
CREATE INDEX "inbox_consumer_lane_source_sequence_idx" ON "call_control"."inbox"("consumer", "lane", "source", "sequence");

-- CreateIndex
CREATE INDEX "inbox_created_at_idx" ON "call_control"."inbox"("created_at");

-- CreateIndex
CREATE INDEX "command_key_created_at_idx" ON "call_control"."command_key"("created_at");

-- CreateIndex
CREATE INDEX "timer_due_at_idx" ON "call_control"."timer"("due_at");

-- CreateIndex
CREATE UNIQUE INDEX "call_carrier_call_id_key" ON "call_control"."call"("carrier_call_id");

-- CreateIndex
CREATE INDEX "call_started_at_id_idx" ON "call_control"."call"("started_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "call_state_started_at_idx" ON "call_control"."call"("state", "started_at" DESC);

-- CreateIndex
CREATE INDEX "call_rescued_at_idx" ON "call_control"."call"("rescued_at");

-- CreateIndex
CREATE INDEX "leg_call_id_idx" ON "call_control"."leg"("call_id");

-- CreateIndex
CREATE UNIQUE INDEX "contact_number_key" ON "call_control"."contact"("number");

-- CreateIndex
CREATE UNIQUE INDEX "phone_number_number_key" ON "call_control"."phone_number"("number");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_key_hash_key" ON "call_control"."api_key"("key_hash");

-- CreateIndex
CREATE INDEX "message_call_id_taken_at_idx" ON "call_control"."message"("call_id", "taken_at");

-- CreateIndex
CREATE UNIQUE INDEX "message_call_id_carrier_recording_id_key" ON "call_control"."message"("call_id", "carrier_recording_id");

-- CreateIndex
CREATE INDEX "timeline_entry_call_id_at_sequence_idx" ON "call_control"."timeline_entry"("call_id", "at", "sequence");

-- CreateIndex
CREATE INDEX "webhook_answer_created_at_idx" ON "call_control"."webhook_answer"("created_at");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_id_key" ON "handoff"."outbox"("id");

-- CreateIndex
CREATE INDEX "outbox_published_at_lane_position_idx" ON "handoff"."outbox"("published_at", "lane", "position");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_lane_source_sequence_key" ON "handoff"."outbox"("lane", "source", "sequence");

-- CreateIndex
CREATE INDEX "inbox_consumer_lane_source_sequence_idx" ON "handoff"."inbox"("consumer", "lane", "source", "sequence");

-- CreateIndex
CREATE INDEX "inbox_created_at_idx" ON "handoff"."inbox"("created_at");

-- CreateIndex
CREATE INDEX "command_key_created_at_idx" ON "handoff"."command_key"("created_at");

-- CreateIndex
CREATE INDEX "timer_due_at_idx" ON "handoff"."timer"("due_at");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_id_key" ON "realtime_session"."outbox"("id");

-- CreateIndex
CREATE INDEX "outbox_published_at_lane_position_idx" ON "realtime_session"."outbox"("published_at", "lane", "position");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_lane_source_sequence_key" ON "realtime_session"."outbox"("lane", "source", "sequence");

-- CreateIndex
CREATE INDEX "inbox_consumer_lane_source_sequence_idx" ON "realtime_session"."inbox"("consumer", "lane", "source", "sequence");

-- CreateIndex
CREATE INDEX "inbox_created_at_idx" ON "realtime_session"."inbox"("created_at");

-- CreateIndex
CREATE INDEX "command_key_created_at_idx" ON "realtime_session"."command_key"("created_at");

-- CreateIndex
CREATE INDEX "timer_due_at_idx" ON "realtime_session"."timer"("due_at");

-- CreateIndex
CREATE INDEX "dialogue_turn_call_id_epoch_place_idx" ON "realtime_session"."dialogue_turn"("call_id", "epoch", "place");

-- CreateIndex
CREATE INDEX "usage_entry_assistant_id_hour_idx" ON "realtime_session"."usage_entry"("assistant_id", "hour");

-- CreateIndex
CREATE INDEX "usage_entry_hour_idx" ON "realtime_session"."usage_entry"("hour");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_id_key" ON "transcript"."outbox"("id");

-- CreateIndex
CREATE INDEX "outbox_published_at_lane_position_idx" ON "transcript"."outbox"("published_at", "lane", "position");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_lane_source_sequence_key" ON "transcript"."outbox"("lane", "source", "sequence");

-- CreateIndex
CREATE INDEX "inbox_consumer_lane_source_sequence_idx" ON "transcript"."inbox"("consumer", "lane", "source", "sequence");

-- CreateIndex
CREATE INDEX "inbox_created_at_idx" ON "transcript"."inbox"("created_at");

-- CreateIndex
CREATE INDEX "command_key_created_at_idx" ON "transcript"."command_key"("created_at");

-- CreateIndex
CREATE INDEX "timer_due_at_idx" ON "transcript"."timer"("due_at");

-- CreateIndex
CREATE INDEX "utterance_call_id_epoch_place_idx" ON "transcript"."utterance"("call_id", "epoch", "place");

-- AddForeignKey
ALTER TABLE "call_control"."call" ADD CONSTRAINT "call_contact_id_fkey" FOREIGN KEY ("contact_id") REFERENCES "call_control"."contact"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "call_control"."leg" ADD CONSTRAINT "leg_call_id_fkey" FOREIGN KEY ("call_id") REFERENCES "call_control"."call"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "call_control"."message" ADD CONSTRAINT "message_call_id_fkey" FOREIGN KEY ("call_id") REFERENCES "call_control"."call"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "call_control"."timeline_entry" ADD CONSTRAINT "timeline_entry_call_id_fkey" FOREIGN KEY ("call_id") REFERENCES "call_control"."call"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "call_control"."cost_entry" ADD CONSTRAINT "cost_entry_call_id_fkey" FOREIGN KEY ("call_id") REFERENCES "call_control"."call"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "realtime_session"."assistant_version" ADD CONSTRAINT "assistant_version_assistant_id_fkey" FOREIGN KEY ("assistant_id") REFERENCES "realtime_session"."assistant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
