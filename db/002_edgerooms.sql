-- EdgeRooms' own tables and functions beside Marten's. Functions carry a version in their name: a process of the last
-- release may still run against this database, so scripts only add.

create sequence edgerooms.boot_numbers;
create sequence edgerooms.fence_numbers;
create sequence edgerooms.claim_numbers;

-- session_name is the application_name of all of the process's sessions: none left is half the proof that it is dead.
create table edgerooms.nodes (
  name         text primary key,
  boot         bigint not null,
  address      text not null,
  session_name text not null,
  started_at   timestamptz not null default now(),
  fenced       boolean not null default false
);

-- A table of its own: in a row that an append locks, renewals and appends would starve each other. The row exists
-- exactly as long as its boot stands, so that a renewal that races a fence finds nothing to renew.
create table edgerooms.heartbeats (
  node text primary key,
  boot bigint not null,
  at   timestamptz not null
) with (fillfactor = 50);

-- One writer lane of a node. Every append names the number and holds the row FOR SHARE; raising the number therefore waits
-- for the batch in flight and shuts out all later ones.
create table edgerooms.fences (
  node   text not null,
  lane   int not null,
  number bigint not null,
  pid    int not null,
  primary key (node, lane)
) with (fillfactor = 50);

-- Who owns a room. An owner whose (node, boot) does not stand in nodes is none.
create table edgerooms.rooms (
  room   text primary key,
  node   text,
  boot   bigint,
  number bigint not null
) with (fillfactor = 80);

-- Epoch of a room's stream; 1 where there is no row. Never reused, so rows are never deleted.
create table edgerooms.room_epochs (
  room  text primary key,
  epoch bigint not null
);

create table edgerooms.alarms (
  room text not null,
  name text not null,
  id   uuid not null,
  due  timestamptz not null,
  primary key (room, name)
);
create index alarms_due on edgerooms.alarms (due);

-- Commands that took effect without an event, for the dedupe after a crash.
create table edgerooms.command_marks (
  room    text not null,
  epoch   bigint not null,
  session text not null,
  cmd     bigint not null,
  effects text not null,
  seq     bigint not null,
  primary key (room, epoch, session)
);

-- Keys that all processes share, made once by whoever comes first.
create table edgerooms.secrets (
  name  text primary key,
  value bytea not null
);

create view edgerooms.room_directory as
  select split_part(s.id, '@', 1) as room, coalesce(e.epoch, 1) as epoch, s.version as seq,
         s.created, s.timestamp as updated, n.name as owner
  from edgerooms.mt_streams s
  left join edgerooms.room_epochs e on e.room = split_part(s.id, '@', 1)
  left join edgerooms.rooms r on r.room = split_part(s.id, '@', 1)
  left join edgerooms.nodes n on n.name = r.node and n.boot = r.boot and not n.fenced
  where s.id ~ '^[a-z][a-z0-9-]{0,31}/[A-Za-z0-9_-]{1,64}(@[0-9]+)?$'
    and coalesce(nullif(split_part(s.id, '@', 2), ''), '1') = coalesce(e.epoch, 1)::text;

-- Appends events, alarm changes and command marks of many rooms. Rows returned are the losers only:
-- ord = index from 1 into p_streams, actual = the stream's version; ord = 0: this writer is fenced, nothing is stored.
-- Everything is checked before a sequence number is drawn, since a hole stops Marten's daemon for seconds.
create function edgerooms.rooms_append_v1(
  p_node text, p_lane int, p_number bigint,
  p_streams varchar[], p_expected bigint[], p_counts int[],
  p_ords int[], p_versions bigint[], p_ids uuid[], p_types varchar[], p_dotnet_types varchar[],
  p_bodies jsonb[], p_headers jsonb[], p_times timestamptz[],
  p_gone_ords int[], p_gone_rooms text[], p_gone_names text[], p_gone_ids uuid[],
  p_alarm_ords int[], p_alarm_rooms text[], p_alarm_names text[], p_alarm_ids uuid[], p_alarm_dues timestamptz[],
  p_mark_ords int[], p_mark_rooms text[], p_mark_epochs bigint[], p_mark_sessions text[], p_mark_cmds bigint[],
  p_mark_effects text[], p_mark_seqs bigint[])
returns table (ord int, actual bigint) language plpgsql
set enable_seqscan = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan as $$
declare won boolean[];
begin
  perform 1 from edgerooms.fences f where f.node = p_node and f.lane = p_lane and f.number = p_number for share;
  if not found then
    ord := 0;
    return next;
    return;
  end if;

  -- Per room a compare-and-set of the version; a room without events (alarms only) is compared the same way.
  with asked as materialized (
    select o, s, x, c from unnest(p_streams, p_expected, p_counts) with ordinality a (s, x, c, o)
  ), created as (
    insert into edgerooms.mt_streams as t (id, version, timestamp, tenant_id)
    select a.s, a.c, now(), '*DEFAULT*' from asked a where a.x = 0 and a.c > 0 order by a.s
    on conflict do nothing returning t.id
  ), moved as (
    update edgerooms.mt_streams t
    set version = a.x + a.c, timestamp = case when a.c > 0 then now() else t.timestamp end
    from asked a where a.x > 0 and t.id = a.s and t.version = a.x and not t.is_archived returning a.o
  )
  select array_agg(
    a.o in (select m.o from moved m)
    or a.s in (select c.id from created c)
    or (a.x = 0 and a.c = 0 and not exists (select 1 from edgerooms.mt_streams t where t.id = a.s)) order by a.o)
  into won from asked a;

  insert into edgerooms.mt_events
    (seq_id, id, stream_id, version, data, type, timestamp, tenant_id, mt_dotnet_type, headers, is_archived)
  select nextval('edgerooms.mt_events_sequence'), e.id, p_streams[e.o], e.v, e.b, e.t, e.at, '*DEFAULT*', e.d, e.h, false
  from unnest(p_ords, p_versions, p_ids, p_types, p_dotnet_types, p_bodies, p_headers, p_times) e (o, v, id, t, d, b, h, at)
  where won[e.o];

  -- By id: an alarm that was set anew meanwhile stays.
  if cardinality(p_gone_ords) > 0 then
    delete from edgerooms.alarms a
    using unnest(p_gone_ords, p_gone_rooms, p_gone_names, p_gone_ids) g (o, r, n, id)
    where won[g.o] and a.room = g.r and a.name = g.n and a.id = g.id;
  end if;

  if cardinality(p_alarm_ords) > 0 then
    insert into edgerooms.alarms as a (room, name, id, due)
    select s.r, s.n, s.id, s.due
    from unnest(p_alarm_ords, p_alarm_rooms, p_alarm_names, p_alarm_ids, p_alarm_dues) s (o, r, n, id, due)
    where won[s.o]
    on conflict (room, name) do update set id = excluded.id, due = excluded.due;
  end if;

  if cardinality(p_mark_ords) > 0 then
    insert into edgerooms.command_marks as k (room, epoch, session, cmd, effects, seq)
    select m.r, m.e, m.s, m.c, m.f, m.q
    from unnest(p_mark_ords, p_mark_rooms, p_mark_epochs, p_mark_sessions, p_mark_cmds, p_mark_effects, p_mark_seqs)
      m (o, r, e, s, c, f, q)
    where won[m.o]
    on conflict (room, epoch, session) do update set cmd = excluded.cmd, effects = excluded.effects, seq = excluded.seq;
  end if;

  if not (true = all (won)) then
    return query select i, coalesce((select t.version from edgerooms.mt_streams t where t.id = p_streams[i]), 0)
      from generate_subscripts(won, 1) i where not won[i];
  end if;
end $$;

-- Raises a lane's number for a new writer (this session): waits for the batch in flight of the one before. Null: fenced.
create function edgerooms.open_writer_v1(p_node text, p_boot bigint, p_lane int) returns bigint language plpgsql as $$
declare opened bigint;
begin
  -- FOR SHARE, so that a fencing of the node comes wholly before or wholly after.
  perform 1 from edgerooms.nodes n where n.name = p_node and n.boot = p_boot and not n.fenced for share;
  if not found then
    return null;
  end if;

  insert into edgerooms.fences as f (node, lane, number, pid)
  values (p_node, p_lane, nextval('edgerooms.fence_numbers'), pg_backend_pid())
  on conflict (node, lane) do update set number = excluded.number, pid = excluded.pid
  returning f.number into opened;
  return opened;
end $$;

-- Ends a lane's old backend, which holds the lane's row for longer than anyone should wait.
create function edgerooms.end_writer_v1(p_node text, p_lane int) returns void language sql as $$
  select pg_terminate_backend(a.pid)
  from edgerooms.fences f
  join edgerooms.nodes n on n.name = f.node
  join pg_stat_activity a on a.pid = f.pid and a.application_name = n.session_name
  where f.node = p_node and f.lane = p_lane and a.pid <> pg_backend_pid();
$$;

-- Takes a name that nobody holds, or whose holder is fenced off. Null: held.
create function edgerooms.register_node_v1(p_name text, p_address text, p_session_name text) returns bigint
language plpgsql as $$
declare taken bigint;
begin
  insert into edgerooms.nodes as n (name, boot, address, session_name)
  values (p_name, nextval('edgerooms.boot_numbers'), p_address, p_session_name)
  on conflict (name) do update
    set boot = excluded.boot, address = excluded.address, session_name = excluded.session_name,
        started_at = now(), fenced = false
    where n.fenced
  returning n.boot into taken;
  if taken is not null then
    insert into edgerooms.heartbeats as h (node, boot, at) values (p_name, taken, clock_timestamp())
    on conflict (node) do update set boot = excluded.boot, at = excluded.at;
  end if;

  return taken;
end $$;

-- Fences a node off where its heartbeat is at least p_age_seconds old: raises its lanes, which waits for its batches in
-- flight. With p_if_no_session also only where none of its sessions is left. True where it does not stand any more.
create function edgerooms.fence_node_v1(p_name text, p_boot bigint, p_age_seconds double precision, p_if_no_session boolean)
returns boolean language plpgsql as $$
begin
  perform 1 from edgerooms.nodes n where n.name = p_name and n.boot = p_boot and not n.fenced for update;
  if not found then
    return true;
  end if;

  if p_if_no_session and exists (
    select 1 from pg_stat_activity a join edgerooms.nodes n on n.session_name = a.application_name
    where n.name = p_name and n.boot = p_boot)
  then
    return false;
  end if;

  delete from edgerooms.heartbeats h
  where h.node = p_name and h.boot = p_boot and h.at <= clock_timestamp() - make_interval(secs => p_age_seconds);
  if not found then
    return false;
  end if;

  update edgerooms.nodes n set fenced = true where n.name = p_name;
  update edgerooms.fences f set number = nextval('edgerooms.fence_numbers') where f.node = p_name;
  return true;
end $$;

-- Ends every session of a node that is to be fenced off but whose batch does not end.
create function edgerooms.end_sessions_v1(p_name text, p_boot bigint) returns void language sql as $$
  select pg_terminate_backend(a.pid)
  from edgerooms.nodes n join pg_stat_activity a on a.application_name = n.session_name
  where n.name = p_name and n.boot = p_boot and not n.fenced and a.pid <> pg_backend_pid();
$$;

-- Claims rooms; number = 0: a node that stands owns it. One row with ord = 0: the claiming node is fenced.
create function edgerooms.claim_rooms_v1(p_node text, p_boot bigint, p_rooms text[])
returns table (ord int, number bigint) language plpgsql as $$
#variable_conflict use_column
declare mark bigint;
begin
  perform 1 from edgerooms.nodes n where n.name = p_node and n.boot = p_boot and not n.fenced for share;
  if not found then
    return query select 0, 0::bigint;
    return;
  end if;

  -- A row with a number below the mark was claimed by a node whose registration the next statement's snapshot sees; of
  -- others it could not tell a dead owner from one that came just now.
  mark := nextval('edgerooms.claim_numbers');
  return query
  with asked as (
    select a.o::int as o, a.room from unnest(p_rooms) with ordinality a (room, o)
  ), granted as (
    insert into edgerooms.rooms as r (room, node, boot, number)
    select a.room, p_node, p_boot, nextval('edgerooms.claim_numbers') from asked a order by a.room
    on conflict (room) do update set node = excluded.node, boot = excluded.boot, number = excluded.number
      where r.node is null or r.node = p_node
        or (r.number < mark and not exists (
          select 1 from edgerooms.nodes n where n.name = r.node and n.boot = r.boot and not n.fenced))
    returning r.room, r.number
  )
  select a.o, coalesce(g.number, 0) from asked a left join granted g on g.room = a.room;
end $$;

-- Who owns rooms now, and what tells whether that node lives. Rooms without an owner give no row.
create function edgerooms.room_owners_v1(p_rooms text[])
returns table (ord int, owner text, owner_boot bigint, address text, has_session boolean, age_seconds double precision)
language sql stable as $$
  select a.o::int, n.name, n.boot, n.address,
    exists (select 1 from pg_stat_activity s where s.application_name = n.session_name),
    extract(epoch from clock_timestamp() - h.at)::double precision
  from unnest(p_rooms) with ordinality a (room, o)
  join edgerooms.rooms r on r.room = a.room
  join edgerooms.nodes n on n.name = r.node and n.boot = r.boot and not n.fenced
  join edgerooms.heartbeats h on h.node = n.name and h.boot = n.boot;
$$;

-- Gives rooms up; one that never had an event loses its row.
create function edgerooms.release_rooms_v1(p_node text, p_boot bigint, p_rooms text[]) returns void
language plpgsql as $$
begin
  perform 1 from edgerooms.rooms r
  where r.room = any (p_rooms) and r.node = p_node and r.boot = p_boot order by r.room for update;

  delete from edgerooms.rooms r
  where r.room = any (p_rooms) and r.node = p_node and r.boot = p_boot
    and not exists (select 1 from edgerooms.mt_streams s where s.id = r.room)
    and not exists (select 1 from edgerooms.room_epochs e where e.room = r.room);

  update edgerooms.rooms r set node = null, boot = null
  where r.room = any (p_rooms) and r.node = p_node and r.boot = p_boot;
end $$;

-- The node goes in order: its name is free and nothing of it comes after.
create function edgerooms.leave_node_v1(p_node text, p_boot bigint) returns void language plpgsql as $$
begin
  delete from edgerooms.nodes n where n.name = p_node and n.boot = p_boot and not n.fenced;
  if found then
    delete from edgerooms.heartbeats h where h.node = p_node and h.boot = p_boot;
    update edgerooms.fences f set number = nextval('edgerooms.fence_numbers') where f.node = p_node;
  end if;
end $$;

-- Stores a snapshot where it is newer than the one that stands. Marks older than its last event are part of it.
create function edgerooms.save_snapshot_v1(
  p_node text, p_boot bigint, p_room text, p_epoch bigint, p_version bigint, p_data jsonb, p_dotnet_type text)
returns boolean language plpgsql as $$
begin
  perform 1 from edgerooms.nodes n where n.name = p_node and n.boot = p_boot and not n.fenced for share;
  if not found then
    return false;
  end if;

  insert into edgerooms.mt_doc_roomsnapshot as d (id, data, mt_last_modified, mt_version, mt_dotnet_type)
  values (p_room, p_data, now(), gen_random_uuid(), p_dotnet_type)
  on conflict (id) do update
    set data = excluded.data, mt_last_modified = excluded.mt_last_modified, mt_version = excluded.mt_version,
        mt_dotnet_type = excluded.mt_dotnet_type
    where ((d.data ->> 'epoch')::bigint, (d.data ->> 'version')::bigint) < (p_epoch, p_version);
  if not found then
    return false;
  end if;

  delete from edgerooms.command_marks m
  where m.room = p_room and (m.epoch < p_epoch or (m.epoch = p_epoch and m.seq < p_version));
  return true;
end $$;

-- Deletes up to p_limit events at or below p_up_to and the kept snapshot's version, oldest first. Returns how many.
create function edgerooms.trim_stream_v1(
  p_node text, p_boot bigint, p_room text, p_epoch bigint, p_stream text, p_up_to bigint, p_limit int)
returns bigint language plpgsql as $$
declare gone bigint;
begin
  perform 1 from edgerooms.nodes n where n.name = p_node and n.boot = p_boot and not n.fenced for share;
  if not found then
    return 0;
  end if;

  delete from edgerooms.mt_events e
  where e.stream_id = p_stream and e.version in (
    select t.version from edgerooms.mt_events t
    where t.stream_id = p_stream and t.version <= least(p_up_to, (
      select (d.data ->> 'version')::bigint from edgerooms.mt_doc_roomsnapshot d
      where d.id = p_room and (d.data ->> 'epoch')::bigint = p_epoch))
      -- least() skips nulls: without a snapshot of this epoch nothing may go.
      and exists (
        select 1 from edgerooms.mt_doc_roomsnapshot d where d.id = p_room and (d.data ->> 'epoch')::bigint = p_epoch)
    order by t.version limit p_limit);
  get diagnostics gone = row_count;
  return gone;
end $$;

-- Replaces a room's stream by that of the next epoch: a copy without the sessions' numbers (those belong to the old epoch), or
-- nothing. Returns the room's epoch, which is another than p_from + 1 where somebody was first. Null: the node is fenced.
create function edgerooms.raise_epoch_v1(
  p_node text, p_boot bigint, p_room text, p_from bigint, p_old_stream text, p_new_stream text, p_copy boolean,
  p_snapshot jsonb, p_dotnet_type text)
returns bigint language plpgsql as $$
declare found_epoch bigint;
begin
  perform 1 from edgerooms.nodes n where n.name = p_node and n.boot = p_boot and not n.fenced for share;
  if not found then
    return null;
  end if;

  insert into edgerooms.room_epochs (room, epoch) values (p_room, 1) on conflict do nothing;
  select e.epoch into found_epoch from edgerooms.room_epochs e where e.room = p_room for update;
  if found_epoch <> p_from then
    return found_epoch;
  end if;

  update edgerooms.room_epochs e set epoch = p_from + 1 where e.room = p_room;
  if not p_copy then
    delete from edgerooms.alarms a where a.room = p_room;
    return p_from + 1;
  end if;

  insert into edgerooms.mt_streams (id, type, version, timestamp, created, tenant_id)
  select p_new_stream, s.type, s.version, s.timestamp, s.created, s.tenant_id
  from edgerooms.mt_streams s where s.id = p_old_stream;
  insert into edgerooms.mt_events
    (seq_id, id, stream_id, version, data, type, timestamp, tenant_id, mt_dotnet_type, headers, is_archived)
  select nextval('edgerooms.mt_events_sequence'), gen_random_uuid(), p_new_stream, e.version, e.data, e.type, e.timestamp,
    e.tenant_id, e.mt_dotnet_type, e.headers - '{s,c,k,h,e,r}'::text[], false
  from (select * from edgerooms.mt_events o where o.stream_id = p_old_stream order by o.version) e;

  if p_snapshot is not null then
    insert into edgerooms.mt_doc_roomsnapshot as d (id, data, mt_last_modified, mt_version, mt_dotnet_type)
    values (p_room, p_snapshot, now(), gen_random_uuid(), p_dotnet_type)
    on conflict (id) do update
      set data = excluded.data, mt_last_modified = excluded.mt_last_modified, mt_version = excluded.mt_version,
          mt_dotnet_type = excluded.mt_dotnet_type;
  end if;

  return p_from + 1;
end $$;
