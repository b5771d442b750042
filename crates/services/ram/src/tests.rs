//! Two accounts, a Capacity Reservation, and what becomes of it on the clock.

use std::time::Duration;

use ironbird_api::{Operation, ec2, ram};
use ironbird_rig::account::{Account, Principal, Region, Scope};
use ironbird_rig::capacity::{self, PoolId, Tenancy};
use ironbird_rig::world::{Settings, Transitions};
use ironbird_rig::{Result, Timestamp, World};

const DAY: u64 = 24 * 3600;

struct Accounts {
    world: World,
    owner: Account,
    consumer: Account,
    stranger: Account,
}

impl Accounts {
    fn new() -> Self {
        let settings = Settings { transitions: Transitions::Realistic, ..Settings::default() };
        let services = vec![crate::service(), ironbird_ec2::service()];
        let [owner, consumer, stranger] =
            ["111111111111", "222222222222", "333333333333"].map(|digits| Account::parse(digits).unwrap());
        let world = World::rehearsal(services, settings, Timestamp::from_secs(1_767_225_600));
        Self { world, owner, consumer, stranger }
    }

    fn scope(account: Account) -> Scope {
        Scope { account, region: Region::DEFAULT }
    }

    fn call<O: Operation>(&self, account: Account, input: &O::Input) -> Result<O::Output> {
        self.world.call::<O>(Self::scope(account), Principal::Root { account }, input)
    }

    fn code<O: Operation>(&self, account: Account, input: &O::Input) -> String {
        match self.call::<O>(account, input) {
            Ok(_) => panic!("{} succeeded", O::NAME),
            Err(error) => error.code().to_owned(),
        }
    }

    fn wait(&self, seconds: u64) {
        self.world.advance(Duration::from_secs(seconds)).unwrap();
    }

    /// A reservation of the owner's; its ARN.
    fn reserve(&self, count: i32, criteria: &str) -> String {
        let input = ec2::CreateCapacityReservationRequest {
            instance_type: "m5.large".to_owned(),
            instance_platform: "Linux/UNIX".to_owned(),
            availability_zone: Some("us-east-1a".to_owned()),
            instance_count: count,
            instance_match_criteria: Some(criteria.to_owned()),
            ..Default::default()
        };
        let made = self.call::<ec2::CreateCapacityReservation>(self.owner, &input).unwrap();
        made.capacity_reservation.unwrap().capacity_reservation_arn.unwrap()
    }

    /// A share of the resource with the consumer, not accepted yet; its ARN.
    fn share(&self, resource: &str) -> String {
        let input = ram::CreateResourceShareRequest {
            name: "capacity".to_owned(),
            resource_arns: Some(vec![resource.to_owned()]),
            principals: Some(vec![self.consumer.to_string()]),
            ..Default::default()
        };
        let made = self.call::<ram::CreateResourceShare>(self.owner, &input).unwrap();
        made.resource_share.unwrap().resource_share_arn.unwrap()
    }

    fn invitations(&self, account: Account) -> Vec<ram::ResourceShareInvitation> {
        let answer = self.call::<ram::GetResourceShareInvitations>(account, &Default::default()).unwrap();
        answer.resource_share_invitations.unwrap()
    }

    fn accept(&self) -> Result<()> {
        let invitation = self.invitations(self.consumer).pop().unwrap();
        let input = ram::AcceptResourceShareInvitationRequest {
            resource_share_invitation_arn: invitation.resource_share_invitation_arn.unwrap(),
            ..Default::default()
        };
        self.call::<ram::AcceptResourceShareInvitation>(self.consumer, &input).map(drop)
    }

    /// A reservation as an account sees it.
    fn seen(&self, account: Account) -> Option<ec2::CapacityReservation> {
        let answer = self.call::<ec2::DescribeCapacityReservations>(account, &Default::default()).unwrap();
        answer.capacity_reservations.unwrap().pop()
    }

    fn available(&self) -> i32 {
        self.seen(self.owner).unwrap().available_instance_count.unwrap()
    }

    /// Launches instances into us-east-1a; the reservation of each.
    fn launch(&self, account: Account, count: i32) -> Result<Vec<Option<String>>> {
        let images = ec2::DescribeImagesRequest {
            owners: Some(vec!["amazon".to_owned()]),
            filters: Some(vec![ec2::Filter {
                name: Some("name".to_owned()),
                values: Some(vec!["al2023-ami-2*-x86_64".to_owned()]),
            }]),
            ..Default::default()
        };
        let images = self.call::<ec2::DescribeImages>(account, &images).unwrap().images.unwrap();
        let input = ec2::RunInstancesRequest {
            image_id: images[0].image_id.clone(),
            instance_type: Some("m5.large".to_owned()),
            min_count: count,
            max_count: count,
            placement: Some(ec2::Placement {
                availability_zone: Some("us-east-1a".to_owned()),
                ..Default::default()
            }),
            ..Default::default()
        };
        let launched = self.call::<ec2::RunInstances>(account, &input)?.instances.unwrap();
        Ok(launched.into_iter().map(|instance| instance.capacity_reservation_id.clone()).collect())
    }

    /// Leaves so many free slots in the pool.
    fn leave_free(&self, free: u64) {
        let id = PoolId {
            region: Region::DEFAULT,
            zone: "us-east-1a",
            instance_type: "m5.large",
            tenancy: Tenancy::Default,
        };
        let size = |ctx: &mut ironbird_rig::Ctx<'_>| {
            let mut pool = capacity::pool(ctx, id);
            pool.size = pool.used + free;
            ctx.put::<capacity::Pools>(id.key(), pool)
        };
        self.world.within(Self::scope(self.owner), size).unwrap();
    }

    fn disassociate(&self, share: &str, resource: &str) {
        let input = ram::DisassociateResourceShareRequest {
            resource_share_arn: share.to_owned(),
            resource_arns: Some(vec![resource.to_owned()]),
            ..Default::default()
        };
        self.call::<ram::DisassociateResourceShare>(self.owner, &input).unwrap();
        self.wait(10);
    }

    fn usage(&self, account: Account) -> Vec<(String, i32)> {
        let id = self.seen(account).unwrap().capacity_reservation_id.unwrap();
        let input =
            ec2::GetCapacityReservationUsageRequest { capacity_reservation_id: id, ..Default::default() };
        let usages =
            self.call::<ec2::GetCapacityReservationUsage>(account, &input).unwrap().instance_usages.unwrap();
        usages.into_iter().map(|it| (it.account_id.unwrap(), it.used_instance_count.unwrap())).collect()
    }
}

#[test]
fn what_is_shared_is_used_once_it_is_accepted() {
    let all = Accounts::new();
    let reservation = all.reserve(4, "open");
    all.share(&reservation);
    all.wait(10);
    assert!(all.seen(all.consumer).is_none(), "it has not been accepted");
    assert_eq!(all.launch(all.consumer, 1).unwrap(), [None]);
    assert!(all.invitations(all.stranger).is_empty());
    all.accept().unwrap();
    all.wait(10);
    let seen = all.seen(all.consumer).unwrap();
    assert_eq!(seen.owner_id.as_deref(), Some("111111111111"));
    assert_eq!(seen.capacity_reservation_arn, Some(reservation));
    // What ran already and matches is in it now, and so is what is launched.
    assert_eq!(seen.available_instance_count, Some(3));
    assert_eq!(all.launch(all.consumer, 2).unwrap(), vec![seen.capacity_reservation_id.clone(); 2]);
    assert_eq!(all.launch(all.owner, 2).unwrap(), [seen.capacity_reservation_id, None]);
    let (owner, consumer) = (all.owner.to_string(), all.consumer.to_string());
    assert_eq!(all.usage(all.owner), [(owner, 1), (consumer.clone(), 3)]);
    assert_eq!(all.usage(all.consumer), [(consumer, 3)]);
    assert!(all.seen(all.stranger).is_none());
    assert_eq!(all.launch(all.stranger, 1).unwrap(), [None]);
}

#[test]
fn who_uses_a_shared_reservation_cannot_change_it() {
    let all = Accounts::new();
    let reservation = all.reserve(2, "targeted");
    all.share(&reservation);
    all.accept().unwrap();
    all.wait(10);
    let id = all.seen(all.consumer).unwrap().capacity_reservation_id.unwrap();
    let cancel =
        ec2::CancelCapacityReservationRequest { capacity_reservation_id: id.clone(), ..Default::default() };
    assert_eq!(all.code::<ec2::CancelCapacityReservation>(all.consumer, &cancel), "OperationNotPermitted");
    let not_found = "InvalidCapacityReservationId.NotFound";
    assert_eq!(all.code::<ec2::CancelCapacityReservation>(all.stranger, &cancel), not_found);
    let modify = ec2::ModifyCapacityReservationRequest {
        capacity_reservation_id: id,
        instance_count: Some(1),
        ..Default::default()
    };
    assert_eq!(all.code::<ec2::ModifyCapacityReservation>(all.consumer, &modify), "OperationNotPermitted");
    // Nor can it share it on.
    let onward = ram::CreateResourceShareRequest {
        name: "onward".to_owned(),
        resource_arns: Some(vec![reservation]),
        ..Default::default()
    };
    assert_eq!(all.code::<ram::CreateResourceShare>(all.consumer, &onward), "OperationNotPermittedException");
    all.call::<ec2::CancelCapacityReservation>(all.owner, &cancel).unwrap();
    all.wait(10);
    assert_eq!(all.seen(all.consumer).unwrap().state.as_deref(), Some("cancelled"));
    let shared =
        ram::ListResourcesRequest { resource_owner: "OTHER-ACCOUNTS".to_owned(), ..Default::default() };
    let shared = all.call::<ram::ListResources>(all.consumer, &shared).unwrap().resources.unwrap();
    assert_eq!(shared[0].status.as_deref(), Some("UNAVAILABLE"));
}

#[test]
fn slots_come_back_as_the_pool_has_room() {
    let all = Accounts::new();
    let reservation = all.reserve(3, "open");
    let share = all.share(&reservation);
    all.accept().unwrap();
    all.wait(10);
    all.launch(all.consumer, 2).unwrap();
    all.leave_free(1);
    all.disassociate(&share, &reservation);
    assert!(all.seen(all.consumer).is_none());
    assert_eq!(all.usage(all.owner), [(all.owner.to_string(), 0)]);
    assert_eq!(all.available(), 2, "the pool had one slot for the two that went along");
    assert!(all.launch(all.stranger, 1).is_err(), "the pool is dry");
    all.leave_free(1);
    all.wait(60);
    assert_eq!(all.available(), 3);
    assert!(all.launch(all.stranger, 1).is_err(), "the pool is dry");
}

#[test]
fn instances_go_on_when_a_shared_reservation_ends() {
    let all = Accounts::new();
    let reservation = all.reserve(2, "open");
    all.share(&reservation);
    all.accept().unwrap();
    all.wait(10);
    all.launch(all.consumer, 1).unwrap();
    let id = all.seen(all.owner).unwrap().capacity_reservation_id.unwrap();
    let cancel = ec2::CancelCapacityReservationRequest { capacity_reservation_id: id, ..Default::default() };
    all.call::<ec2::CancelCapacityReservation>(all.owner, &cancel).unwrap();
    let answer = all.call::<ec2::DescribeInstances>(all.consumer, &Default::default()).unwrap();
    let instances = answer.reservations.unwrap().pop().unwrap().instances.unwrap();
    assert_eq!(instances[0].capacity_reservation_id, None);
    assert_eq!(all.usage(all.consumer), [(all.consumer.to_string(), 0)]);
}

#[test]
fn invitations_are_open_for_a_week() {
    let all = Accounts::new();
    let reservation = all.reserve(1, "open");
    all.share(&reservation);
    all.wait(7 * DAY - 1);
    assert_eq!(all.invitations(all.consumer)[0].status.as_deref(), Some("PENDING"));
    all.wait(2);
    assert_eq!(all.invitations(all.consumer)[0].status.as_deref(), Some("EXPIRED"));
    assert_eq!(all.accept().unwrap_err().code(), "ResourceShareInvitationExpiredException");
    let asked = ram::GetResourceShareAssociationsRequest {
        association_type: "PRINCIPAL".to_owned(),
        ..Default::default()
    };
    let principals = all.call::<ram::GetResourceShareAssociations>(all.owner, &asked).unwrap();
    let principals = principals.resource_share_associations.unwrap();
    assert_eq!(principals[0].status.as_deref(), Some("DISASSOCIATED"));
}

#[test]
fn a_deleted_share_shares_nothing_and_is_forgotten() {
    let all = Accounts::new();
    let reservation = all.reserve(1, "open");
    let share = all.share(&reservation);
    all.accept().unwrap();
    all.wait(10);
    assert!(all.seen(all.consumer).is_some());
    let delete = ram::DeleteResourceShareRequest { resource_share_arn: share, ..Default::default() };
    all.call::<ram::DeleteResourceShare>(all.owner, &delete).unwrap();
    assert_eq!(all.code::<ram::DeleteResourceShare>(all.owner, &delete), "InvalidStateTransitionException");
    all.wait(10);
    assert!(all.seen(all.consumer).is_none());
    let own = ram::GetResourceSharesRequest { resource_owner: "SELF".to_owned(), ..Default::default() };
    let shares = || all.call::<ram::GetResourceShares>(all.owner, &own).unwrap().resource_shares.unwrap();
    assert_eq!(shares()[0].status.as_deref(), Some("DELETED"));
    all.wait(3 * 3600);
    assert!(shares().is_empty());
    assert!(all.invitations(all.consumer).is_empty());
}
