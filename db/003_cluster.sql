-- Several processes: what each does, and what all of them are told to do.

alter table edgerooms.nodes
  add column role text not null default 'all',
  add column draining boolean not null default false,
  add column weight int not null default 1;

-- As register_node_v1, with the role ('all', 'router', 'node') and the weight on the ring.
create function edgerooms.register_node_v2(p_name text, p_address text, p_session_name text, p_role text, p_weight int)
returns bigint language plpgsql as $$
declare taken bigint;
begin
  insert into edgerooms.nodes as n (name, boot, address, session_name, role, weight)
  values (p_name, nextval('edgerooms.boot_numbers'), p_address, p_session_name, p_role, p_weight)
  on conflict (name) do update
    set boot = excluded.boot, address = excluded.address, session_name = excluded.session_name, role = excluded.role,
        weight = excluded.weight, draining = false, started_at = now(), fenced = false
    where n.fenced
  returning n.boot into taken;
  if taken is not null then
    insert into edgerooms.heartbeats as h (node, boot, at) values (p_name, taken, clock_timestamp())
    on conflict (node) do update set boot = excluded.boot, at = excluded.at;
  end if;

  return taken;
end $$;

-- Kicks, revocations and announcements: every process acts on rows above the last it saw. The signal only says that there is
-- one; a process that started later, or heard nothing, reads those that still count.
create table edgerooms.orders (
  id      bigint generated always as identity primary key,
  kind    text not null,
  subject text not null,
  detail  text not null default '',
  at      timestamptz not null default clock_timestamp(),
  until   timestamptz not null
);
