#!/bin/bash
# Whether the policy tests can fail: makes small mistakes in a copy of server/policy, one at a time, and
# runs the tests on each, from the seed that tests/run has. A mistake that no test notices survives, is
# printed, and fails the script. Not part of tests/run: a mistake takes some ten seconds of a core.
#
#   tests/policy/mutants.sh [--every N] [--keep FOLDER] [number | from-to ...]
#
#   number, from-to  those of the list below (all of them)
#   --every N        of those each N-th only: a share that is spread evenly over the files
#   --keep FOLDER    works there, and goes on where it was ended: what was tried of these sources is not
#                    tried again, but counted
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
every=1 copy="" chosen=()
while [ $# -gt 0 ]; do
  case $1 in
    --every) every=$2; shift 2 ;;
    --keep) copy=$2; shift 2 ;;
    *-*) mapfile -t -O "${#chosen[@]}" chosen < <(seq "${1%-*}" "${1#*-}"); shift ;;
    *) chosen+=("$1"); shift ;;
  esac
done
if [ -n "$copy" ]; then
  mkdir -p "$copy" && copy=$(cd "$copy" && pwd) || exit 2
else
  copy=$(mktemp -d)
  trap 'rm -rf "$copy"' EXIT
fi
# Only what is newer is copied: what was built of the rest stands.
rm -rf "$copy/server/policy"
git -C "$root" ls-files -z proto server/CMakeLists.txt server/policy tests/CMakeLists.txt tests/policy \
  cmake CMakeLists.txt CMakePresets.json | (cd "$root" && xargs -0 cp -p --parents -t "$copy")
find "$copy/server/policy" -type f -exec touch {} +  # a mistake that was ended may be what was built
sed -i 's/ -Werror)/)/' "$copy/cmake/Entente.cmake"  # a mistake may leave something unused
mkdir -p "$copy/client" "$copy/deploy"
touch "$copy/client/CMakeLists.txt" "$copy/deploy/CMakeLists.txt"
build=$copy/build/debug
export CCACHE_BASEDIR=$copy CCACHE_NOHASHDIR=1  # what the root has compiled need not be again
# Everything with -O1, as the policy tests are anyway: one precompiled header serves rooms and tests.
(cd "$copy" && cmake --preset debug -DCMAKE_CXX_FLAGS_DEBUG=-O1 >cmake.log 2>&1 && ninja -C "$build" policy_test >build.log 2>&1) || {
  tail -n 20 "$copy/cmake.log" "$copy/build.log"; echo "the copy does not build"; exit 2; }
done_with=$copy/tried.$(cd "$root" && git ls-files -z server/policy tests/policy ':!*.sh' | xargs -0 cat | sha256sum | cut -c 1-16)
touch "$done_with"

# file | sed expression; every one must change its file, and what it makes must compile, with warnings.
mutants=$(cat <<'LIST'
policy.cc|s/id_bytes_max = 64/id_bytes_max = 65/
policy.cc|s/id_bytes_max = 64/id_bytes_max = 63/
policy.cc|s/c == '_' || c == '-'/c == '_' || c == '-' || c == '*'/
policy.cc|s/c <= 'Z'/c < 'Z'/
policy.cc|s/if (!is_id(first) || /if (/
policy.cc|s/form.has_second ? !is_id(text) : !text.empty()/form.has_second \&\& !is_id(text)/
policy.cc|s/form.has_second ? !is_id(text) : !text.empty()/!form.has_second \&\& !text.empty()/
policy.cc|s/ENTENTE_CHECK(is_id(first));//
policy.cc|s/return holds_one(audience.any_of) && !holds_one(audience.none_of)/return holds_one(audience.any_of)/
policy.cc|s/return holds_one(audience.any_of) && !holds_one(audience.none_of)/return !holds_one(audience.none_of)/
policy.cc|s/return held.contains(principal) || more.contains(principal)/return held.contains(principal) || more.size() > 99/
policy.cc|s/return held.contains(principal) || more.contains(principal)/return more.contains(principal) || held.size() > 99/
policy.cc|s/ENTENTE_CHECK(number == size() + 1);//
policy.cc|s/ENTENTE_CHECK(is_new);/(void)is_new;/
policy.cc|s/number == 0 || number > size()/number > size()/
policy.cc|s/number == 0 || number > size()/number == 0/
policy.cc|s/if (const auto known = find(audience)) return \*known;//
policy.cc|s/table.size() \/ 64 + 1/table.size() \/ 64/
policy.cc|s/bits_\[n \/ 64\] &= ~/bits_[n \/ 64] |= /
policy.cc|s/|= std::uint64_t{1} << (n % 64)/|= std::uint64_t{1} << (n % 63)/
policy.cc|s/now < \*guard.embargo_until/now <= *guard.embargo_until/
policy.cc|s/now >= \*guard.expires_at/now > *guard.expires_at/
policy.cc|s/return !embargoed && !expired/return !embargoed/
policy.cc|s/return !embargoed && !expired/return !expired/
policy.cc|s/!guard.originator.empty() && subject.party == guard.originator/subject.party == guard.originator/
policy.cc|s/!guard.person.empty() && subject.person == guard.person/subject.person == guard.person/
policy.cc|s/subject.person == guard.person && is_originator(subject, guard)/subject.person == guard.person/
policy.cc|s/return !guard.process.empty() \&\&/return/
policy.cc|s/held.duty == duty && held.process == guard.process/held.duty == duty/
policy.cc|s/held.duty == duty && held.process == guard.process/held.process == guard.process/
policy.cc|s/return is_originator(subject, guard) \&\&/return/
policy.cc|s/held.duty == duty && held.party == guard.originator/held.duty == duty/
policy.cc|s/held.process.empty() || guard.process.empty() || /guard.process.empty() || /
policy.cc|s/held.process.empty() || guard.process.empty() || /held.process.empty() || /
policy.cc|s/if (in_audience == 0 || in_time(guard, now)) return in_audience;/if (in_audience == 0) return in_audience;/
policy.cc|s/if (in_audience == 0 || in_time(guard, now)) return in_audience;/if (in_time(guard, now)) return in_audience;/
policy.cc|s/if (in_audience == 0 || in_time(guard, now)) return in_audience;/return in_audience;/
policy.cc|s/Duty::Secretariat, guard), Rule::SecretariatOutOfTime/Duty::Chair, guard), Rule::SecretariatOutOfTime/
policy.cc|s/is_originator(subject, guard) && sees, Rule::Originator/is_originator(subject, guard), Rule::Originator/
policy.cc|s/is_originator(subject, guard) && sees, Rule::Originator/sees, Rule::Originator/
policy.cc|s/guard.originator.empty() && serves_process/serves_process/
policy.cc|s/serves_party(subject, Duty::SecurityOfficer/serves_party(subject, Duty::FocalPoint/
policy.cc|s/serves_party(subject, Duty::CertificateOfficer/serves_party(subject, Duty::SecurityOfficer/
policy.cc|s/rules_for_read(subject, guard, now) == 0 ? no_rule : //
policy.cc|s/action == Action::Admit || action == Action::Conclude/action == Action::Conclude/
policy.cc|s/action == Action::Admit || action == Action::Conclude/action == Action::Admit/
policy.cc|s/action == Action::Widen && guard.handling == Handling::Confidential/guard.handling == Handling::Confidential/
policy.cc|s/action == Action::Widen && guard.handling == Handling::Confidential/false/
policy.cc|s/if (!is_known(guard.handling)) return decision;//
policy.cc|s/if (subject.read_only && action != Action::Read) return decision;//
policy.cc|s/if (subject.read_only && action != Action::Read) return decision;/if (subject.read_only) return decision;/
policy.cc|s/return guard_mark_ == mark_of(guard)/return true/
policy.cc|s/  mix_time(guard.expires_at);//
policy.cc|s/  mix_text(guard.process);//
policy.cc|s/!first.empty() && !second.empty() && first != second/first != second/
policy.cc|s/!first.empty() && !second.empty() && first != second/!first.empty() \&\& !second.empty()/
policy.cc|s/are_two(first.device, second.device)/true/
policy.cc|s/act_digest != Digest{} && //
policy.cc|s/first.digest == act_digest && second.digest == act_digest/first.digest == second.digest/
policy.cc|s/first.given_at <= second.given_at && //
policy.cc|s/second.given_at <= now &&/true \&\&/
policy.cc|s/now - first.given_at < consent_life/true/
policy.cc|s/now - first.given_at < consent_life/now - first.given_at <= consent_life/
policy.cc|s/!each_may || !two_persons/!two_persons/
policy.h|s/handling >= Handling::Open &&/true \&\&/
policy.h|s/handling != Handling::Open && handling != Handling::Limited/handling == Handling::Confidential/
policy.h|s/n \/ 64 < bits_.size() && //
guarded.h|s/ENTENTE_CHECK(decision.permits());//
guarded.h|s/ENTENTE_CHECK(decision.is_about(guard_));//
world.h|s/(!until || when < \*until)/(!until || when <= *until)/
world.h|s/(!since || \*since <= when)/true/
world.h|s/return recorded_at <= as_of.known_at && span/return span/
world.h|s/(as_of.known_at < superseded_at || superseded_at == Instant::max())/true/
world.h|s/(as_of.known_at < superseded_at || superseded_at == Instant::max())/(as_of.known_at <= superseded_at)/
cow_map.h|s/if (part && part->edition == edition) return;/if (part) return;/
cow_map.h|s/hash && at->entry->key != key) ++at;/hash \&\& at->entry->key == key) ++at;/
world.cc|s/at = std::max(at, home->changed_at);//
world.cc|s/home.changed_at = std::max(home.changed_at, at);//
world.cc|s/  ++world_.edition_;/  /
world.cc|s/if (seat.bench == Bench::Secretariat) return need_id/if (false) return need_id/
world.cc|s/    entry->superseded_at = version.superseded_at;//
world.cc|s/if (value <= last) return Status();/return Status();/
world.cc|s/names.persons.insert(seat.person);//
world.cc|s/if (!office.institution.empty()) {/if (false) {/
world.cc|s/constexpr Instant recorded_max = .*/constexpr Instant recorded_max = Instant::max();/
holders.cc|s/node == nullptr || in_force(node->party) == nullptr/node == nullptr/
holders.cc|s/!given.process.empty() && !takes_part/!takes_part/
holders.cc|s/!given.process.empty() && !takes_part(given.process, party, given.dataflow)/false/
holders.cc|s/version.body.standing >= Standing::Suspended/version.body.standing == Standing::Suspended/
holders.cc|s/version.body.standing >= Standing::Suspended/version.body.standing >= Standing::Former/
holders.cc|s/if (is_shut_out(process, party)) return false;//
holders.cc|s/(limits.empty() || limits.contains(activity))/true/
holders.cc|s/if (!participation.activities.empty()) return;//
holders.cc|s/if (is_shut_out(participation.process, participation.party)) return;//
holders.cc|s/held.insert(Principal::make(Kind::Observers/held.insert(Principal::make(Kind::Members/
holders.cc|s/!body_in_being(process, body) || //
holders.cc|s/ || !takes_part(process, party, body)) return;/) return;/
holders.cc|s/    if (!takes_part(process, party, "")) return;//
holders.cc|s/  if (is_shut_out(process, party)) return;$/  /
holders.cc|s/    if (!in_being) return;//
holders.cc|s/if (capacity == Capacity::DutyContact) return Duty::Unspecified;//
holders.cc|s/is_shut_out(office.process, office.party) ? Duty::Unspecified : //
holders.cc|s/takes_part(office.process, office.party, "") ? Duty::Chair : Duty::Unspecified/Duty::Chair/
holders.cc|s/!office.holds(as_of_) || office.body.party != party/!office.holds(as_of_)/
holders.cc|s/!office.holds(as_of_) || office.body.party != party/office.body.party != party/
holders.cc|s/for (const Principal& principal : audience.none_of) add_candidates(principal, candidates);//
holders.cc|s/if (is_special && !is_in(party, belonging.person, common, audience)) continue;//
holders.cc|s/held.id == office && capacity != Capacity::DutyContact/held.id == office/
holders.cc|s/if (!reader.is_person_of(party, person)) return {};//
explain.cc|s/holders.whole_party = holders.whole_party && !denied("");//
explain.cc|s/if (seers.narrowed) narrow(.*//
explain.cc|s/  add_holder(world, guard, as_of, parties);//
explain.cc|s/if (own.party != guard.originator) continue;//
explain.cc|s/closes = closes || (saw && !will_see);/closes = closes || !will_see;/
explain.cc|s/one.before.party != stream.party || //
explain.cc|s/before.sight.sees(guard.audience) != after.sight.sees(guard.audience) ||/false ||/
explain.cc|s/ ||$/ || false ||/;s/before.duties != after.duties;/false;/
explain.cc|s/  fact.span.until = when;//
explain.cc|s/!fact || !fact->span.holds(when)/!fact/
explain.cc|s/if (!lost.empty()) one.loses = true;//
LIST
)

# The quick ones first, each stage to its first failure, which is not made smaller; a test that does not
# come back has noticed, too.
passes() {
  RC_PARAMS="seed=20261126 noshrink=1" timeout 300 "$build/tests/policy/policy_test" --rng-seed 20261126 -a "$1" \
    >"$copy/test.log" 2>&1
}

# try <number> <file> <expression>: prints what came of it.
try() {
  local file=$copy/server/policy/$2
  cp -p "$file" "$copy/kept"
  sed -i "$3" "$file"
  if cmp -s "$file" "$copy/kept"; then
    echo "$1 CHANGES NOTHING $2 $3"
  elif ! ninja -C "$build" policy_test >"$copy/build.log" 2>&1; then
    echo "$1 DOES NOT COMPILE $2 $3"
  elif passes '~[property]~decide says*' && passes '[property]' && passes 'decide says*'; then
    echo "$1 SURVIVED $2 $3"
  else
    echo "$1 killed by $(sed -n '/^-----/{n;p;q}' "$copy/test.log")"
  fi
  cp "$copy/kept" "$file"  # younger than what was built of the mistake
}

number=0 seen=0
while IFS='|' read -r file expression; do
  number=$((number + 1))
  if [ ${#chosen[@]} -gt 0 ] && ! [[ " ${chosen[*]} " == *" $number "* ]]; then continue; fi
  seen=$((seen + 1))
  if [ $((seen % every)) -ne 0 ]; then continue; fi
  grep -E -m 1 "^$number (killed|SURVIVED)" "$done_with" || try "$number" "$file" "$expression" | tee -a "$done_with"
done <<<"$mutants" | tee "$copy/run.log"
killed=$(grep -c '^[0-9]* killed' "$copy/run.log") tried=$(wc -l <"$copy/run.log")
survived=$(grep -c '^[0-9]* SURVIVED' "$copy/run.log")
echo "killed $killed of $((killed + survived)), $((tried - killed - survived)) out of order"
[ "$tried" -gt 0 ] && [ "$killed" -eq "$tried" ]
